// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/caught_fatal.hpp"
#include "os/fake_pages.hpp"
#include "os/faulty_pages.hpp"
#include "os/interrupted.hpp"
#include "os/linux_pages.hpp"

namespace arenite {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kMiB = 1 << 20;

unsigned char* bytes_at(Address at) {
  return reinterpret_cast<unsigned char*>(at);
}

/// Whether the byte may be read: the system says so, and nothing faults.
bool readable(Address at) {
  static int pipe_ends[2] = {-1, -1};
  if (pipe_ends[0] < 0 && ::pipe2(pipe_ends, O_CLOEXEC) != 0) return false;
  const bool done = ::write(pipe_ends[1], bytes_at(at), 1) == 1;
  char drained;
  if (done && ::read(pipe_ends[0], &drained, 1) != 1) return false;
  return done;
}

bool all_are(Address at, std::size_t bytes, unsigned char value) {
  return std::all_of(bytes_at(at), bytes_at(at) + bytes,
                     [value](unsigned char byte) { return byte == value; });
}

std::size_t resident_pages(Address at, std::size_t bytes) {
  std::vector<unsigned char> pages(bytes / kPage);
  EXPECT_EQ(::mincore(bytes_at(at), bytes, pages.data()), 0);
  return static_cast<std::size_t>(std::count_if(
      pages.begin(), pages.end(), [](unsigned char page) { return (page & 1) != 0; }));
}

/// Address space of this process, as the kernel counts it. Maps nothing itself.
std::size_t mapped_bytes() {
  const int file = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  char text[64] = {};
  const ssize_t length = ::read(file, text, sizeof text - 1);
  ::close(file);
  return length > 0 ? std::strtoull(text, nullptr, 10) * kPage : 0;
}

/// Runs `body` in a child process; what it returns, or -1 if it died.
template <class Body>
int in_child(Body body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(PageJudgesTest, ReadableSaysYesAndNo) {
  void* map = ::mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(map, MAP_FAILED);
  EXPECT_TRUE(readable(reinterpret_cast<Address>(map)));
  ::mprotect(map, kPage, PROT_NONE);
  EXPECT_FALSE(readable(reinterpret_cast<Address>(map)));
  ::munmap(map, kPage);
  EXPECT_FALSE(readable(reinterpret_cast<Address>(map)));
}

TEST(PageJudgesTest, ResidentPagesCountsTouchedOnesOnly) {
  void* map =
      ::mmap(nullptr, 16 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(map, MAP_FAILED);
  const Address at = reinterpret_cast<Address>(map);
  EXPECT_EQ(resident_pages(at, 16 * kPage), 0u);
  bytes_at(at)[3 * kPage] = 1;
  bytes_at(at)[9 * kPage] = 1;
  EXPECT_EQ(resident_pages(at, 16 * kPage), 2u);
  ::munmap(map, 16 * kPage);
}

// ---- the system's pages ----

/// The flags of the mapping that holds an address, as /proc/self/smaps has them.
std::string vm_flags(Address at) {
  std::ifstream smaps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(smaps, line);) {
    Address begin = 0, end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2) inside = begin <= at && at < end;
    if (inside && line.starts_with("VmFlags:")) return line;
  }
  return "";
}

class LinuxPagesTest : public testing::Test {
 protected:
  static constexpr std::size_t kRange = 64 * kMiB;

  void SetUp() override {
    at = pages.reserve(kRange, 4 * kMiB);
    ASSERT_NE(at, 0u);
  }
  void TearDown() override {
    if (at != 0) pages.unreserve(at, kRange);
  }
  void commit_and_fill(Address from, std::size_t bytes, int value) {
    ASSERT_TRUE(pages.commit(from, bytes));
    std::memset(bytes_at(from), value, bytes);
  }

  LinuxPages pages;
  Address at = 0;
};

TEST_F(LinuxPagesTest, ReservationIsAlignedAndInaccessible) {
  EXPECT_EQ(at % (4 * kMiB), 0u);
  EXPECT_FALSE(readable(at));
  EXPECT_FALSE(readable(at + kRange - 1));
}

TEST_F(LinuxPagesTest, NothingIsMappedBesideTheReservation) {
  // Of different lengths, so that the system's choice is aligned by chance at some only.
  for (std::size_t bytes = kPage; bytes <= 5 * kPage; bytes += kPage) {
    const std::size_t before = mapped_bytes();
    const Address other = pages.reserve(bytes, 4 * kMiB);
    ASSERT_NE(other, 0u);
    EXPECT_EQ(mapped_bytes() - before, bytes);
    pages.unreserve(other, bytes);
    EXPECT_EQ(mapped_bytes(), before);
  }
}

TEST_F(LinuxPagesTest, UnreservedStretchIsGone) {
  const Address was = at;
  ASSERT_TRUE(pages.commit(at, kPage));
  EXPECT_TRUE(readable(was));
  pages.unreserve(at, kRange);
  at = 0;
  EXPECT_FALSE(readable(was));
}

TEST_F(LinuxPagesTest, CommittedPagesAreZeroWritableAndNoOthers) {
  ASSERT_TRUE(pages.commit(at + kPage, 2 * kPage));
  EXPECT_EQ(resident_pages(at + kPage, 2 * kPage), 0u);
  EXPECT_FALSE(readable(at + kPage - 1));
  EXPECT_TRUE(readable(at + kPage));
  EXPECT_TRUE(readable(at + 3 * kPage - 1));
  EXPECT_FALSE(readable(at + 3 * kPage));
  EXPECT_TRUE(all_are(at + kPage, 2 * kPage, 0));
  bytes_at(at + kPage)[5] = 1;
  EXPECT_FALSE(all_are(at + kPage, 2 * kPage, 0));
}

TEST_F(LinuxPagesTest, DecommittedPagesReadAsZeroAndAreNotResident) {
  commit_and_fill(at, 8 * kPage, 0xaa);
  ASSERT_EQ(resident_pages(at, 8 * kPage), 8u);
  EXPECT_TRUE(pages.decommit(at + 2 * kPage, 4 * kPage));
  EXPECT_EQ(resident_pages(at, 8 * kPage), 4u);
  EXPECT_TRUE(all_are(at, 2 * kPage, 0xaa));
  EXPECT_TRUE(all_are(at + 2 * kPage, 4 * kPage, 0));
  EXPECT_TRUE(all_are(at + 6 * kPage, 2 * kPage, 0xaa));
}

// In VmFlags of smaps: "hg" where large pages are asked for, "nh" where not.
TEST_F(LinuxPagesTest, PreferredPageSizesAreToldToTheSystem) {
  if (!std::ifstream("/sys/kernel/mm/transparent_hugepage/enabled"))
    GTEST_SKIP() << "a system without large pages";
  ASSERT_TRUE(pages.commit(at, 8 * kMiB));
  EXPECT_EQ(vm_flags(at).find(" hg"), std::string::npos);
  errno = 0xe44;
  pages.prefer(at, 8 * kMiB, PageSize::large);
  pages.prefer(at + 4 * kMiB, 4 * kMiB, PageSize::small);
  EXPECT_EQ(errno, 0xe44);
  EXPECT_NE(vm_flags(at).find(" hg"), std::string::npos);
  EXPECT_NE(vm_flags(at + 4 * kMiB).find(" nh"), std::string::npos);
  // A wish: where there is nothing, nothing happens.
  ::munmap(bytes_at(at + kRange - kPage), kPage);
  pages.prefer(at + kRange - kPage, kPage, PageSize::large);
}

TEST_F(LinuxPagesTest, CommitOutsideAnyMappingIsRefused) {
  const Address was = at;
  pages.unreserve(at, kRange);
  at = 0;
  EXPECT_FALSE(pages.commit(was, kPage));
}

TEST_F(LinuxPagesTest, MovedContentsArriveAndTheOldStretchIsZero) {
  commit_and_fill(at, 8 * kMiB, 0x11);
  std::memset(bytes_at(at), 0x77, kMiB);
  if (!pages.move(at, at + 4 * kMiB, kMiB)) GTEST_SKIP() << "needs MREMAP_DONTUNMAP, Linux 5.7";
  EXPECT_TRUE(all_are(at + 4 * kMiB, kMiB, 0x77));
  EXPECT_TRUE(all_are(at, kMiB, 0));
  EXPECT_TRUE(all_are(at + kMiB, 3 * kMiB, 0x11));
  EXPECT_TRUE(all_are(at + 5 * kMiB, 3 * kMiB, 0x11));
  bytes_at(at)[0] = 1;
  bytes_at(at + 4 * kMiB)[0] = 1;
}

// Moved pages are a mapping of their own, so a later stretch may lie across several. Before Linux
// 6.17 the system refuses to move that, and unmaps a fixed destination before it refuses.
TEST_F(LinuxPagesTest, StretchAcrossMappingsIsMovedOrRefusedWithoutHarm) {
  commit_and_fill(at, 16 * kMiB, 0x11);
  std::memset(bytes_at(at), 0x77, kMiB);
  if (!pages.move(at, at + 5 * kMiB, kMiB)) GTEST_SKIP() << "needs MREMAP_DONTUNMAP, Linux 5.7";
  const bool moved = pages.move(at + 4 * kMiB, at + 10 * kMiB, 3 * kMiB);
  const Address holds = moved ? at + 10 * kMiB : at + 4 * kMiB;
  EXPECT_TRUE(all_are(holds, kMiB, 0x11));
  EXPECT_TRUE(all_are(holds + kMiB, kMiB, 0x77));
  EXPECT_TRUE(all_are(holds + 2 * kMiB, kMiB, 0x11));
  for (Address page = at; page < at + 16 * kMiB; page += kPage) ASSERT_TRUE(readable(page));
  if (moved) {
    EXPECT_TRUE(all_are(at + 4 * kMiB, 3 * kMiB, 0));
  } else {
    EXPECT_TRUE(all_are(at + 10 * kMiB, 3 * kMiB, 0x11)) << "nothing has changed";
  }
}

TEST_F(LinuxPagesTest, RefusedMoveLeavesBothStretchesAsTheyWere) {
  commit_and_fill(at, 8 * kMiB, 0x22);
  std::memset(bytes_at(at + 7 * kMiB), 0x33, kMiB);
  const Address hole = at + kRange - kMiB;
  ::munmap(bytes_at(hole), kMiB);
  EXPECT_FALSE(pages.move(hole, at + 7 * kMiB, kMiB));
  EXPECT_TRUE(readable(at + 7 * kMiB));
  EXPECT_TRUE(all_are(at + 7 * kMiB, kMiB, 0x33));
  EXPECT_TRUE(all_are(at, 7 * kMiB, 0x22));
}

TEST_F(LinuxPagesTest, ErrnoIsLeftAlone) {
  errno = 0xe44;
  EXPECT_EQ(pages.reserve(std::size_t{1} << 62, kPage), 0u);
  EXPECT_EQ(pages.reserve(~std::size_t{0}, kPage), 0u);
  EXPECT_FALSE(pages.commit(kPage, kPage));
  EXPECT_FALSE(pages.decommit(kPage + 1, kPage));
  EXPECT_FALSE(pages.move(at + 1, at, kPage));
  pages.reserve_limit();
  EXPECT_EQ(errno, 0xe44);
}

TEST_F(LinuxPagesTest, TerabyteCanBeReserved) {
  const std::size_t terabyte = std::size_t{1} << 40;
  const Address big = pages.reserve(terabyte, 4 * kMiB);
  if (big == 0) GTEST_SKIP() << "this machine gives no terabyte of address space";
  EXPECT_EQ(big % (4 * kMiB), 0u);
  EXPECT_TRUE(pages.commit(big + terabyte - kPage, kPage));
  bytes_at(big + terabyte - kPage)[0] = 1;
  pages.unreserve(big, terabyte);
}

TEST_F(LinuxPagesTest, ReserveLimitIsHalfOfWhatTheProcessMayStillMap) {
  EXPECT_EQ(pages.reserve_limit(), SIZE_MAX);
  EXPECT_EQ(in_child([&] {
              const struct rlimit all{std::size_t{1} << 50, std::size_t{1} << 50};
              if (::setrlimit(RLIMIT_AS, &all) != 0) return 1;
              const std::size_t limit = pages.reserve_limit();
              const bool under_half = limit <= all.rlim_cur / 2;
              const struct rlimit none{0, all.rlim_max};
              if (::setrlimit(RLIMIT_AS, &none) != 0) return 2;
              return under_half && limit > 0 && pages.reserve_limit() == 0 ? 0 : 3;
            }),
            0);
}

TEST_F(LinuxPagesTest, ReserveLimitIsWhatIsLeftHalved) {
  EXPECT_EQ(in_child([&] {
              const std::size_t used = mapped_bytes();
              const struct rlimit few{used + 64 * kMiB, std::size_t{1} << 50};
              if (::setrlimit(RLIMIT_AS, &few) != 0) return 1;
              const std::size_t limit = pages.reserve_limit();
              return limit > 31 * kMiB && limit <= 32 * kMiB ? 0 : 2;
            }),
            0);
}

/// The number the next file gets.
int next_file() {
  const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::close(file);
  return file;
}

TEST_F(LinuxPagesTest, LeavesNoFileOpen) {
  EXPECT_EQ(in_child([&] {
              const struct rlimit all{std::size_t{1} << 50, std::size_t{1} << 50};
              if (::setrlimit(RLIMIT_AS, &all) != 0) return 1;
              const int before = next_file();
              pages.reserve_limit();
              return next_file() == before ? 0 : 2;
            }),
            0);
}

/// Whether a core file would leave the mapping out, by /proc/self/smaps.
bool left_out_of_cores(Address at) {
  std::ifstream maps("/proc/self/smaps");
  std::string line;
  bool inside = false;
  while (std::getline(maps, line)) {
    unsigned long begin = 0, end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2) inside = begin <= at && at < end;
    if (inside && line.starts_with("VmFlags:")) return line.find(" dd") != std::string::npos;
  }
  return false;
}

TEST_F(LinuxPagesTest, CoresHoldWhatIsCommitted) {
  const Address begin = pages.reserve(16 * kPage, kPage);
  ASSERT_NE(begin, 0u);
  ASSERT_TRUE(pages.commit(begin, 4 * kPage));
  EXPECT_FALSE(left_out_of_cores(begin));
  EXPECT_FALSE(left_out_of_cores(begin + 3 * kPage));
  EXPECT_TRUE(left_out_of_cores(begin + 4 * kPage));
  EXPECT_TRUE(left_out_of_cores(begin + 15 * kPage));
  pages.unreserve(begin, 16 * kPage);
}

// ---- pages of tests ----

TEST(FakePagesTest, ReservationsAreAlignedZeroAndRecycled) {
  FakeMemory memory(512);
  FakePages pages(memory);
  for (int round = 0; round < 3; ++round) {
    const Address at = pages.reserve(64 << 10, 4096);
    ASSERT_NE(at, 0u);
    EXPECT_EQ(at % 4096, 0u);
    ASSERT_TRUE(pages.commit(at, 8192));
    EXPECT_TRUE(all_are(at, 8192, 0)) << "round " << round;
    std::memset(bytes_at(at), 0xcc, 8192);
    pages.unreserve(at, 64 << 10);
  }
}

TEST(FakePagesTest, DecommitZeroesAndMoveMoves) {
  FakeMemory memory(512);
  FakePages pages(memory);
  const Address at = pages.reserve(8192, 512);
  ASSERT_TRUE(pages.commit(at, 4096));
  std::memset(bytes_at(at), 0xcc, 4096);
  ASSERT_TRUE(pages.decommit(at, 512));
  EXPECT_TRUE(all_are(at, 512, 0));
  EXPECT_TRUE(all_are(at + 512, 512, 0xcc));
  ASSERT_TRUE(pages.move(at + 512, at, 512));
  EXPECT_TRUE(all_are(at, 512, 0xcc));
  EXPECT_TRUE(all_are(at + 512, 512, 0));
  EXPECT_EQ(memory.decommits, 1u);
  EXPECT_EQ(memory.moves, 1u);
  EXPECT_EQ(memory.committed_bytes, 4096u);
  pages.unreserve(at, 8192);
}

TEST(FakePagesTest, MisuseIsFatal) {
  FakeMemory memory(512);
  FakePages pages(memory);
  const Address at = pages.reserve(8192, 512);
  const char* outside = "fake pages: stretch outside the reservation";
  const char* uneven = "fake pages: stretch not made of pages";
  EXPECT_EQ(fatal_message([&] { pages.reserve(8192, 512); }),
            "fake pages: one reservation at a time");
  EXPECT_EQ(fatal_message([&] { pages.unreserve(at, 4096); }),
            "fake pages: unreserve of another stretch");
  EXPECT_EQ(fatal_message([&] { pages.commit(at, 8192); }), "");
  EXPECT_EQ(fatal_message([&] { pages.commit(at - 512, 512); }), outside);
  EXPECT_EQ(fatal_message([&] { pages.commit(at, 8192 + 512); }), outside);
  EXPECT_EQ(fatal_message([&] { pages.decommit(at + 8192, 512); }), outside);
  EXPECT_EQ(fatal_message([&] { pages.decommit(at + 1, 512); }), uneven);
  EXPECT_EQ(fatal_message([&] { pages.commit(at, 100); }), uneven);
  EXPECT_EQ(fatal_message([&] { pages.commit(at, 0); }), uneven);
  EXPECT_EQ(fatal_message([&] { pages.move(at, at + 8192, 512); }), outside);
  pages.unreserve(at, 8192);
}

TEST(InterruptedTest, OnlyACallThatFailedNowIsAskedAgain) {
  errno = EINTR;
  EXPECT_TRUE(interrupted(-1));
  EXPECT_FALSE(interrupted(0)) << "the end of a file";
  EXPECT_FALSE(interrupted(1)) << "errno is of a call before";
  errno = EIO;
  EXPECT_FALSE(interrupted(-1));
  EXPECT_FALSE(interrupted(1));
}

TEST(FaultyPagesTest, ExactlyThePlannedRequestsAreRefused) {
  FakeMemory memory(512);
  FaultPlan plan{.first = 3, .length = 2};
  FaultyPages<FakePages> pages{FakePages(memory), plan};
  const Address at = pages.reserve(8192, 512);
  EXPECT_NE(at, 0u);
  EXPECT_TRUE(pages.commit(at, 512));
  EXPECT_FALSE(pages.commit(at, 512));
  EXPECT_FALSE(pages.decommit(at, 512));
  EXPECT_TRUE(pages.move(at, at + 512, 512));
  EXPECT_EQ(plan.asked, 5u);
  EXPECT_EQ(memory.committed_bytes, 512u) << "a refused request never reaches the source";
  pages.unreserve(at, 8192);
}

TEST(FaultyPagesTest, NoPlanRefusesNothing) {
  FaultPlan plan;
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(plan.refuses());
}

}  // namespace
}  // namespace arenite
