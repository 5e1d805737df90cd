// SPDX-License-Identifier: MIT
// The library itself, preloaded, in three modes: the kernel refuses each request in turn. Nothing
// crashes, nothing hangs, no block is lost or damaged, the audit finds nothing, and the debug layer
// says nothing but that it does with less.
#include "proptests/faults/kernel_refusals.hpp"

#include <seccomp.h>

#include <cstdio>
#include <cstdlib>

#include <gtest/gtest.h>

namespace arenite {
namespace {

const std::vector<std::string> kProgram = {ARENITE_REQUESTS};

std::vector<std::string> environment(const std::string& options) {
  return {"LD_PRELOAD=" ARENITE_LIBRARY, "ARENITE_OPTIONS=" + options};
}

/// How many requests are refused at most, evenly spread: a run in debug mode takes half a second.
/// $ARENITE_REFUSALS says otherwise.
std::uint64_t most_runs(std::uint64_t by_default) {
  const char* text = std::getenv("ARENITE_REFUSALS");
  return text == nullptr ? by_default : std::strtoull(text, nullptr, 10);
}

void expect_survived(const Refused& refused, std::uint64_t n) {
  const std::string which = "request " + std::to_string(n) + " of system call " +
                            std::to_string(refused.call) + "\n" + refused.errors;
  EXPECT_FALSE(refused.timed_out) << which;
  EXPECT_EQ(refused.signal, 0) << which;
  EXPECT_EQ(refused.exit_code, 0) << which;
  EXPECT_EQ(refused.errors.find("ERROR"), std::string::npos) << which;
}

/// Refuses requests of one kind, or of any; returns how many were.
void refuse_each(const std::string& options, int call = -1, std::uint64_t most = 30) {
  if (!kernel_refusals_work()) GTEST_SKIP() << "no seccomp notifications here";
  const Refused all = run_refused(kProgram, environment(options), 0, call);
  expect_survived(all, 0);
  const std::uint64_t step = all.requests / most_runs(most) + 1;
  std::uint64_t refusals = 0;
  for (std::uint64_t n = 1; !testing::Test::HasFailure(); n += step) {
    const Refused refused = run_refused(kProgram, environment(options), n, call);
    expect_survived(refused, n);
    if (refused.call < 0) break;
    ++refusals;
  }
  std::printf("  %s, call %d: %llu requests, %llu of them refused in turn\n", options.c_str(), call,
              static_cast<unsigned long long>(all.requests),
              static_cast<unsigned long long>(refusals));
  testing::Test::RecordProperty("refusals", std::to_string(refusals));
}

TEST(KernelRefusals, OfAnythingInFastMode) {
  refuse_each("mode=fast");
}
TEST(KernelRefusals, OfMmap) {
  refuse_each("mode=fast", SCMP_SYS(mmap));
}
TEST(KernelRefusals, OfMunmap) {
  refuse_each("mode=fast", SCMP_SYS(munmap));
}
TEST(KernelRefusals, OfMprotect) {
  refuse_each("mode=fast", SCMP_SYS(mprotect));
}
TEST(KernelRefusals, OfMadvise) {
  refuse_each("mode=fast", SCMP_SYS(madvise));
}
TEST(KernelRefusals, OfMremap) {
  refuse_each("mode=fast", SCMP_SYS(mremap));
}
TEST(KernelRefusals, OfAnythingInDebugMode) {
  refuse_each("mode=debug", -1, 8);
}
TEST(KernelRefusals, OfAnythingInPageMode) {
  refuse_each("mode=page", -1, 15);
}
TEST(KernelRefusals, OfAnythingInSampleMode) {
  refuse_each("mode=sample:sample_rate=10");
}

TEST(KernelRefusals, AreSeenByTheProgram) {
  if (!kernel_refusals_work()) GTEST_SKIP() << "no seccomp notifications here";
  // Told that each request is refused in turn, some must be: a program that never hears of it
  // proves nothing.
  const Refused refused = run_refused(kProgram, environment("mode=fast"), 1);
  EXPECT_EQ(refused.requests >= 1, true);
  EXPECT_NE(refused.call, -1);
  // And what the program checks, it can miss: without the library its audit is not there.
  EXPECT_NE(run_refused(kProgram, {}, 0).exit_code, 0);
}

}  // namespace
}  // namespace arenite
