// SPDX-License-Identifier: MIT
#include "debug/stacks/executable_path.hpp"

#include <sys/syscall.h>

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace {
/// Whether the system does not tell where links lead.
bool blind = false;
}  // namespace

// In the place of the C library's.
extern "C" [[gnu::visibility("default")]] ssize_t readlink(const char* path, char* to,
                                                           std::size_t bytes) noexcept {
  if (!blind) return ::syscall(SYS_readlink, path, to, bytes);
  errno = ENOENT;
  return -1;
}

namespace arenite {
namespace {

TEST(ExecutablePathTest, IsReadOnce) {
  const auto path = std::make_unique<ExecutablePath>();
  errno = 4711;
  const std::string first = path->get();
  EXPECT_TRUE(first.starts_with("/"));
  EXPECT_TRUE(first.ends_with("/unwind_test"));
  blind = true;
  EXPECT_EQ(path->get(), first);
  blind = false;
  EXPECT_EQ(errno, 4711);
}

TEST(ExecutablePathTest, IsEmptyWhereTheSystemDoesNotTell) {
  const auto path = std::make_unique<ExecutablePath>();
  errno = 4711;
  blind = true;
  const char* const told = path->get();
  blind = false;
  EXPECT_EQ(errno, 4711);
  EXPECT_STREQ(told, "");
  EXPECT_STREQ(path->get(), "") << "it is not asked again";
}

}  // namespace
}  // namespace arenite
