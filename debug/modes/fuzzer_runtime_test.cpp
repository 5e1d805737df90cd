// SPDX-License-Identifier: MIT
#include <array>
#include <cstdio>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace arenite {
namespace {

using testing::HasSubstr;

/// What the program prints. Which names it has stands in its own name.
std::string output_of(const std::string& program) {
  std::string output;
  std::FILE* pipe = popen((ARENITE_FUZZ_TARGETS "/fuzz_target_" + program).c_str(), "r");
  if (pipe == nullptr) return "cannot be started";
  std::array<char, 1024> bytes;
  while (const std::size_t count = std::fread(bytes.data(), 1, bytes.size(), pipe))
    output.append(bytes.data(), count);
  EXPECT_EQ(pclose(pipe), 0) << program;
  return output;
}

TEST(FuzzerRuntimeTest, ATargetThatBringsNoRuntimeAsksOurs) {
  EXPECT_EQ(output_of("alone"), "ours\n");
}

TEST(FuzzerRuntimeTest, ATargetThatBringsOneIsTold) {
  EXPECT_THAT(output_of("with_ubsan"), HasSubstr("-fsanitize=fuzzer -fsanitize-coverage=0"));
}

TEST(FuzzerRuntimeTest, ATargetWithAMallocOfItsOwnIsNot) {
  EXPECT_EQ(output_of("with_asan"), "ours\n");
}

TEST(FuzzerRuntimeTest, NorIsAProgramThatIsNoTarget) {
  for (const char* program : {"none", "only_hooks", "only_ubsan"})
    EXPECT_EQ(output_of(program), "ours\n") << program;
}

}  // namespace
}  // namespace arenite
