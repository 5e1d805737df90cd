// SPDX-License-Identifier: MIT
// One misuse, one program, one exact message and SIGABRT.
#include <signal.h>

#include <gtest/gtest.h>

#include "frontend/process/programs/run.hpp"

namespace arenite {
namespace {

struct Misuse {
  const char* program;
  /// # stands for the address the program misuses, @ for the block it lies in.
  const char* message;
};

constexpr const char* kForeign =
    "free(#): foreign pointer: this heap never handed out that address";
constexpr const char* kFreeAlready = "free(#): double free: the block is free already";

constexpr Misuse kMisuses[] = {
    {"free_of_stack", kForeign},
    {"free_of_global", kForeign},
    {"free_of_mapping", kForeign},
    {"free_of_wild", kForeign},
    {"free_of_own_heap_block", kForeign},
    {"own_heap_free_of_malloc_block", kForeign},
    {"delete_of_stack", kForeign},
    {"free_of_interior", "free(#): interior pointer: 16 bytes into the block of 112 bytes at @"},
    {"free_of_misaligned", "free(#): interior pointer: 1 bytes into the block of 112 bytes at @"},
    {"free_of_interior_of_span", "free(#): interior pointer: inside a span"},
    {"free_of_misaligned_in_span", "free(#): interior pointer: inside a span"},
    {"double_free_of_span", "free(#): double free or wild pointer: no block is in use there"},
    {"double_free_at_trim", kFreeAlready},
    {"double_free_at_thread_end", kFreeAlready},
    {"double_free_at_hand_back", kFreeAlready},
    {"second_free_after_hand_back", kFreeAlready},
    {"free_of_unused_block", kFreeAlready},
    {"free_behind_last_block", "free(#): wild pointer: behind the last block of its pool"},
    {"realloc_of_stack", "realloc(#): foreign pointer: this heap never handed out that address"},
    {"realloc_of_interior",
     "realloc(#): interior pointer: 16 bytes into the block of 112 bytes at @"},
    {"realloc_of_freed_span", "realloc(#): double free or wild pointer: no block is in use there"},
    {"usable_size_of_stack",
     "malloc_usable_size(#): foreign pointer: this heap never handed out that address"},
    {"usable_size_of_interior",
     "malloc_usable_size(#): interior pointer: 16 bytes into the block of 112 bytes at @"},
};

class MisuseTest : public testing::TestWithParam<Misuse> {};

/// The message with the addresses that the program printed: the misused one, the block's.
std::string expected(const char* message, const std::string& output) {
  const std::size_t end = output.find_first_of(" \n");
  std::string line = "arenite: ";
  for (const char* c = message; *c != '\0'; ++c) {
    if (*c == '#')
      line += output.substr(0, end);
    else if (*c == '@')
      line += output.substr(end + 1, output.find('\n') - end - 1);
    else
      line += *c;
  }
  return line + "\n";
}

TEST_P(MisuseTest, EndsInMessageAndAbort) {
  const Outcome outcome = run_program(GetParam().program);
  EXPECT_EQ(outcome.signal, SIGABRT);
  EXPECT_EQ(outcome.errors, expected(GetParam().message, outcome.output));
}

INSTANTIATE_TEST_SUITE_P(Programs, MisuseTest, testing::ValuesIn(kMisuses),
                         [](const auto& tested) { return tested.param.program; });

}  // namespace
}  // namespace arenite
