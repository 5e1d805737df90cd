// SPDX-License-Identifier: MIT
#include "debug/census/expression.hpp"

#include <gtest/gtest.h>

namespace arenite {
namespace {

const std::vector<Field> kFields{{"size", false, ""},
                                 {"serial", false, ""},
                                 {"state", true, "", "live free held"},
                                 {"module", true, ""}};

bool holds(const char* text, std::uint64_t size = 100, std::uint64_t serial = 7) {
  const Expression::Values values{
      [&](std::size_t field) { return field == 0 ? size : serial; },
      [&](std::size_t field, const std::function<bool(std::string_view)>& test) {
        return field == 2 ? test("live") : test("/lib/libssl.so.3") || test("/bin/program");
      }};
  return Expression(text, kFields).holds(values);
}

TEST(Expression, comparisons) {
  for (const char* text :
       {"size == 100", "size=100", "size != 99", "size < 101", "size <= 100", "size > 99",
        "size >= 0x64", "size < 1K", "size < 4KiB", "state == live", "state != free",
        "module ~ libssl", "module ~ '^/bin'", "module == /bin/program", "module ~ lib*.so"})
    EXPECT_TRUE(holds(text)) << text;
  for (const char* text : {"size == 101", "size > 100", "size >= 1K", "state == free",
                           "state != live", "module ~ '^lib'", "module == libssl"})
    EXPECT_FALSE(holds(text)) << text;
  EXPECT_TRUE(holds("size == 3G", std::uint64_t{3} << 30));
}

TEST(Expression, connectives_bind_as_usual) {
  EXPECT_TRUE(holds("size == 1 and size == 2 or size == 100"));
  EXPECT_FALSE(holds("size == 1 and (size == 2 or size == 100)"));
  EXPECT_TRUE(holds("not size == 1 && !(serial == 8 || serial == 9)"));
  EXPECT_TRUE(holds("!!size == 100"));
  EXPECT_TRUE(holds("(module ~ 'libssl')and size == 100"))
      << "nothing behind a quote is passed over";
  EXPECT_TRUE(holds("state == live and module ~ ssl or size == 1 and serial == 1"));
  EXPECT_FALSE(holds("size == 1 or size == 2 or size == 100 and serial == 8"));
  EXPECT_FALSE(holds("not (size == 100)"));
  EXPECT_TRUE(Expression().holds({}));
  EXPECT_TRUE(Expression("not serial == 1", kFields).mentions(1));
  EXPECT_FALSE(Expression("not serial == 1", kFields).mentions(0));
}

struct Wrong {
  const char* text;
  std::size_t place;
  const char* what;
};

TEST(Expression, what_is_wrong_is_pointed_at) {
  const std::string deep(300, '(');
  for (const Wrong& wrong :
       {Wrong{"", 0, "missing"}, Wrong{"size", 4, "wanted"}, Wrong{"size >", 6, "value"},
        Wrong{"size > x", 7, "number"}, Wrong{"sise > 1", 0, "no field sise"},
        Wrong{"size ~ 1", 5, "is a number"}, Wrong{"state < live", 6, "is a text"},
        Wrong{"state == alive", 9, "live free held"}, Wrong{"size > 1 size", 9, "`and`"},
        Wrong{"(size > 1", 0, "not closed"}, Wrong{"size > 1)", 8, "no parenthesis"},
        Wrong{"size > 1 and", 12, "missing"}, Wrong{"module ~ 'x", 9, "quote"},
        Wrong{"size > 1 ; 2", 9, "no meaning"}, Wrong{"size > 99999999999999999999", 7, "number"},
        Wrong{"size > 1E", 7, "number"}, Wrong{deep.c_str(), 257, "too long"}}) {
    try {
      const Expression parsed(wrong.text, kFields);
      ADD_FAILURE() << wrong.text;
    } catch (const ExpressionError& error) {
      EXPECT_EQ(error.place(), wrong.place) << wrong.text;
      EXPECT_NE(std::string(error.what()).find(wrong.what), std::string::npos) << error.what();
    }
  }
  try {
    const Expression parsed("size > x", kFields);
  } catch (const ExpressionError& error) {
    EXPECT_TRUE(pointed_at("size > x", error).starts_with("size > x\n       ^\n"));
  }
}

}  // namespace
}  // namespace arenite
