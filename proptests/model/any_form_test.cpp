// SPDX-License-Identifier: MIT
#include "proptests/model/any_form.hpp"

#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include <gtest/gtest.h>

#include "proptests/model/random_program.hpp"
#include "proptests/model/text.hpp"

namespace arenite::model {
namespace {

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST(AnyForm, each_form_of_a_program_is_the_same_program) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    Random random(seed);
    const Program program = random_program(random, GeometryName::classic, 30);
    EXPECT_EQ(read_any(encode(program)).program, program);
    EXPECT_EQ(read_any(pack(program)).program, program);
    EXPECT_EQ(read_any(bytes_of(to_text(program))).program, program);
  }
}

TEST(AnyForm, nothing_is_the_empty_program) {
  EXPECT_EQ(read_any({}).error, "");
  EXPECT_EQ(read_any({}).program, Program{});
}

TEST(AnyForm, errors_are_those_of_the_form) {
  EXPECT_EQ(read_any(bytes_of("allocate slot=\n")).error, parse_text("allocate slot=\n").error);
  std::vector<std::uint8_t> container = pack({});
  container.back() ^= 1;
  EXPECT_NE(read_any(container).error, "");
  EXPECT_EQ(load_any("/nonexistent/program").error, "cannot be opened");
  EXPECT_EQ(load_any("/dev/zero").error, "is longer than a heap program can be");
}

TEST(AnyForm, from_a_file) {
  const std::string path = ::testing::TempDir() + "/any_form." + std::to_string(::getpid());
  const Program program = parse_text("trim\nfree_null\n").program;
  ASSERT_TRUE(save(path, program));
  EXPECT_EQ(load_any(path).program, program);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace arenite::model
