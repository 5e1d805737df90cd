// SPDX-License-Identifier: MIT
// An interpreter's names out of a table that was made up: what it says, and nothing from outside.
#include "debug/layer/script_names.hpp"

#include <string_view>

#include <gtest/gtest.h>

#include "debug/layer/fake_layer.hpp"

namespace arenite {
namespace {

class MadeUpScriptNamesTest : public ::testing::Test, protected FakeLayer {
 protected:
  using Table = CodeTable<Remote>;
  static constexpr Address kState = 0x60000000, kTable = 0x61000000;
  static constexpr Address kCodes = kTable + offsetof(Table, codes);
  static constexpr Address kText = kTable + offsetof(Table, text);

  MadeUpScriptNamesTest() {
    plan.root.script_names = kState;
    put_state(kTable, 0);
  }

  void put_state(Address table, std::uint32_t count) {
    memory.put(kState, CodeTableState<Remote>{table, count, 0});
  }
  /// The function of that number, and all before it, is there.
  void put_code(std::uint32_t number, std::uint32_t file_at, std::uint32_t file_bytes,
                std::uint32_t name_at, std::uint32_t name_bytes) {
    memory.put(kCodes + number * sizeof(CodeRecord),
               CodeRecord{{}, file_at, file_bytes, name_at, name_bytes});
    put_state(kTable, number + 1);
  }
  void put_text(std::uint32_t at, std::string_view text) {
    for (const char byte : text) memory.put(kText + at++, byte);
  }

  ScriptNames<MadeUpMemory> names() const { return {memory, plan}; }
  bool find(std::uint32_t number, std::uint32_t line = 7) {
    return names().find(PythonFrame{number, line}.encode(), found_);
  }

  ScriptLocation found_;
};

TEST_F(MadeUpScriptNamesTest, AFunctionWithItsFileAndLine) {
  put_text(10, "a.pymain");
  put_code(3, 10, 4, 14, 4);
  ASSERT_TRUE(find(3, 42));
  EXPECT_EQ(found_.file, "a.py");
  EXPECT_EQ(found_.function, "main");
  EXPECT_EQ(found_.line, 42u);
  EXPECT_FALSE(find(4)) << "no such function";
  EXPECT_FALSE(names().find(0x401000, found_)) << "a return address";
}

TEST_F(MadeUpScriptNamesTest, NamesUpToTheEndOfTheTable) {
  constexpr std::uint32_t kEnd = Table::kTextBytes;
  // Behind the table, too, there is something to read.
  put_text(kEnd - 4, "mainother");
  put_code(0, kEnd - 4, 4, kEnd, 0);
  ASSERT_TRUE(find(0));
  EXPECT_EQ(found_.file, "main");
  EXPECT_EQ(found_.function, "");
  for (const std::uint32_t at : {kEnd - 3, kEnd, kEnd + 1}) {
    put_code(0, at, 4, 0, 0);
    EXPECT_FALSE(find(0)) << at;
  }
}

TEST_F(MadeUpScriptNamesTest, NamesAsLongAsAnyIs) {
  const std::string longest(Table::kMostNameBytes, 'x');
  put_text(0, longest + "x");
  put_code(0, 0, Table::kMostNameBytes, 0, 1);
  ASSERT_TRUE(find(0));
  EXPECT_EQ(found_.file, longest);
  put_code(0, 0, Table::kMostNameBytes + 1, 0, 1);
  EXPECT_FALSE(find(0));
  put_code(0, 0, 1, 0, ~0u);
  EXPECT_FALSE(find(0));
}

TEST_F(MadeUpScriptNamesTest, WhereTheTableAndWhatIsUsedOfItLie) {
  EXPECT_EQ(names().text().end, kText);
  put_code(1, 0, 4, 4, 4);
  EXPECT_EQ(names().table().begin, kTable);
  EXPECT_EQ(names().table().end, kTable + sizeof(Table));
  EXPECT_EQ(names().codes().begin, kCodes);
  EXPECT_EQ(names().codes().end, kCodes + 2 * sizeof(CodeRecord));
  EXPECT_EQ(names().text().begin, kText);
  EXPECT_EQ(names().text().end, kText + 8);
  put_code(1, 0, 4, Table::kTextBytes - 4, 5);
  EXPECT_EQ(names().text().end, kText + Table::kTextBytes) << "no farther than the table";
}

TEST_F(MadeUpScriptNamesTest, NoTable) {
  put_code(0, 0, 0, 0, 0);
  ASSERT_TRUE(find(0));
  for (const Address table : {Address{0}, detail::kMostAddress, ~Address{0}}) {
    put_state(table, 1);
    EXPECT_FALSE(find(0)) << table;
    EXPECT_EQ(names().table().begin, names().table().end);
  }
  memory.erase(kState);
  EXPECT_FALSE(find(0));
  plan.root.script_names = 0;
  EXPECT_FALSE(find(0));
}

}  // namespace
}  // namespace arenite
