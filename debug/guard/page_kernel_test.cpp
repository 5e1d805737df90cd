// SPDX-License-Identifier: MIT
// What only the real kernel shows: that accesses fault, at which byte; forks; how many mappings.
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <csetjmp>
#include <csignal>
#include <fstream>
#include <string>

#include "debug/guard/core_fixture.hpp"
#include "debug/guard/page_fake.hpp"

namespace arenite {
namespace {

sigjmp_buf back;
volatile Address faulted;

void on_fault(int, siginfo_t* info, void*) {
  faulted = reinterpret_cast<Address>(info->si_addr);
  siglongjmp(back, 1);
}

/// Where an access of one byte faults; 0 if it does not.
template <class Access>
Address fault_of(const Access& access) {
  struct sigaction action{}, segv, bus;
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSEGV, &action, &segv);
  sigaction(SIGBUS, &action, &bus);
  faulted = 0;
  if (sigsetjmp(back, 1) == 0) access();
  sigaction(SIGSEGV, &segv, nullptr);
  sigaction(SIGBUS, &bus, nullptr);
  return faulted;
}

Address fault_of_read(Address at) {
  return fault_of([at] { static_cast<void>(*reinterpret_cast<volatile char*>(at)); });
}

Address fault_of_write(Address at) {
  return fault_of([at] { *reinterpret_cast<volatile char*>(at) = 1; });
}

std::size_t mappings() {
  std::ifstream maps("/proc/self/maps");
  std::size_t count = 0;
  for (std::string line; std::getline(maps, line);) ++count;
  return count;
}

template <class World>
using PageHeapOnLinux = PageHeapTest<World>;
TYPED_TEST_SUITE(PageHeapOnLinux, RealWorlds);

TYPED_TEST(PageHeapOnLinux, TheVeryByteBehindFaults) {
  this->settings.least_alignment = 1;
  OPEN_OR_SKIP();
  for (std::size_t size : Sizes{1, 13, 4096, 5000}) {
    const Address block = this->allocate(size);
    EXPECT_EQ(fault_of_read(block + size - 1), 0u);
    EXPECT_EQ(fault_of_read(block + size), block + size);
    EXPECT_EQ(fault_of_write(block + size + 1), block + size + 1);
  }
}

TYPED_TEST(PageHeapOnLinux, TheVeryByteBeforeFaults) {
  this->settings.side = Side::left;
  OPEN_OR_SKIP();
  for (std::size_t size : Sizes{1, 5000}) {
    const Address block = this->allocate(size);
    EXPECT_EQ(fault_of_write(block), 0u);
    EXPECT_EQ(fault_of_read(block - 1), block - 1);
  }
}

TYPED_TEST(PageHeapOnLinux, FreedBlocksFaultAndLeadToThemselves) {
  OPEN_OR_SKIP();
  for (std::size_t size : Sizes{48, 5000}) {
    const Address block = this->allocate(size);
    this->free(block);
    const Address at = fault_of_write(block + 5);
    EXPECT_EQ(at, block + 5);
    ASSERT_TRUE(this->heap->find(at, this->facts));
    EXPECT_EQ(this->facts.begin, block);
    EXPECT_EQ(this->facts.state, BlockState::freed);
    this->free(this->allocate(size));
    EXPECT_EQ(fault_of_read(block), block) << "another block comes and goes";
  }
}

TYPED_TEST(PageHeapOnLinux, SystemCallsAreRefusedFreedBlocks) {
  OPEN_OR_SKIP();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const Address block = this->allocate(48);
  EXPECT_EQ(::write(ends[1], reinterpret_cast<void*>(block), 48), 48);
  this->free(block);
  EXPECT_EQ(::write(ends[1], reinterpret_cast<void*>(block), 48), -1);
  EXPECT_EQ(errno, EFAULT);
  ::close(ends[0]);
  ::close(ends[1]);
}

TYPED_TEST(PageHeapOnLinux, LargeBlocksMayGiveTheirPagesBack) {
  OPEN_OR_SKIP();
  const Address block = this->allocate(4 * kPageBytes, kPageBytes);
  this->byte(block + kPageBytes) = 1;
  ASSERT_EQ(::madvise(reinterpret_cast<void*>(block), 4 * kPageBytes, MADV_DONTNEED), 0);
  EXPECT_EQ(fault_of_read(block + kPageBytes), 0u);
  EXPECT_EQ(this->byte(block + kPageBytes), 0);
}

/// Runs `body` in a child; whether it said yes.
template <class Body>
bool in_child(const Body& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body() ? 0 : 1);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TYPED_TEST(PageHeapOnLinux, ForkedChildHasBlocksAndGuardsOfItsOwn) {
  OPEN_OR_SKIP();
  const Address block = this->allocate(48), freed = this->allocate(48);
  this->free(freed);
  this->byte(block) = 3;
  const auto child = [&] {
    this->heap->reset_after_fork();
    if (this->byte(block) != 3 || fault_of_read(freed) != freed) return false;
    this->byte(block) = 4;
    for (int i = 0; i < 200; ++i) this->free(this->allocate(48));
    this->free(block);
    return fault_of_read(block) == block;
  };
  this->heap->lock_all();
  EXPECT_TRUE(in_child(child));
  this->heap->unlock_all();
  EXPECT_EQ(this->byte(block), 3);
  for (int i = 0; i < 200; ++i) this->free(this->allocate(48));
  this->free(block);
  EXPECT_EQ(fault_of_read(block), block);
}

TYPED_TEST(PageHeapOnLinux, ChildOfAForkNobodyToldOfGoesOn) {
  OPEN_OR_SKIP();
  const Address block = this->allocate(48);
  this->byte(block) = 3;
  EXPECT_TRUE(in_child([&] {
    for (int i = 0; i < 200; ++i) this->free(this->allocate(48));
    this->free(block);
    return fault_of_read(block) == block;
  }));
  EXPECT_EQ(this->byte(block), 3);
}

TYPED_TEST(PageHeapOnLinux, SurvivesAProgramThatClosesAllDescriptors) {
  OPEN_OR_SKIP();
  const Address block = this->allocate(48), other = this->allocate(48);
  EXPECT_TRUE(in_child([&] {
    this->heap->reset_after_fork();
    for (int i = 3; i < 1024; ++i) ::close(i);
    this->free(block);
    this->free(this->allocate(48));
    this->free(other);
    return fault_of_read(other) == other && fault_of_read(other + 64) != 0;
  }));
}

TYPED_TEST(PageHeapOnLinux, FreesInAProgramThatLocksItsMemory) {
  OPEN_OR_SKIP();
  if (!in_child([] { return ::mlockall(MCL_CURRENT | MCL_FUTURE) == 0; }))
    GTEST_SKIP() << "memory may not be locked here";
  EXPECT_TRUE(in_child([&] {
    this->heap->reset_after_fork();
    ::mlockall(MCL_CURRENT | MCL_FUTURE);
    for (std::size_t size : Sizes{48, 5000}) {
      std::vector<Address> blocks(100);
      for (Address& block : blocks) block = this->allocate(size);
      for (Address block : blocks) this->free(block);
      for (Address block : blocks)
        if (fault_of_read(block) != block) return false;
    }
    return this->heap->statistics().unclosed_blocks == 0;
  }));
}

TYPED_TEST(PageHeapOnLinux, MappingsAreFewOrAsCounted) {
  OPEN_OR_SKIP();
  const std::size_t before = mappings();
  std::vector<Address> blocks;
  for (int i = 0; i < 500; ++i) {
    blocks.push_back(this->allocate(32));
    blocks.push_back(this->allocate(6000));
  }
  const std::size_t used = this->heap->statistics().mappings_used;
  EXPECT_EQ(used, TypeParam::kKind == GuardKind::mappings ? 2000u : 0u);
  EXPECT_LE(mappings(), before + used + 16);
  EXPECT_GE(mappings() + 16, before + used);
  for (Address block : blocks) this->free(block);
  EXPECT_EQ(this->heap->statistics().mappings_used, 0u);
  EXPECT_LE(mappings(), before + 40) << "neighbours that are inaccessible are one mapping";
}

TYPED_TEST(PageHeapOnLinux, TwoHundredThousandLiveBlocks) {
  this->settings.reservation_bytes = std::size_t{8} << 30;
  // Untouched pages cost nothing but where memory is copied in.
  this->settings.check_slack = this->settings.fill_fresh = false;
  OPEN_OR_SKIP();
  constexpr std::size_t kBlocks = TypeParam::kKind == GuardKind::moving ? 50000 : 200000;
  std::vector<Address> blocks;
  std::size_t declined = 0;
  for (std::size_t i = 0; i < kBlocks; ++i) {
    const Address block = this->allocate(16);
    if (block == 0)
      ++declined;
    else
      blocks.push_back(block);
  }
  const PageHeapStatistics now = this->heap->statistics();
  if (TypeParam::kKind == GuardKind::mappings) {
    EXPECT_EQ(blocks.size(), now.mappings_allowed / 2);
    EXPECT_EQ(now.declined[static_cast<int>(Decline::mappings)], declined);
  } else {
    EXPECT_EQ(declined, 0u);
  }
  EXPECT_EQ(now.live_blocks, blocks.size());
  // The program has mappings left.
  void* page = ::mmap(nullptr, kPageBytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  EXPECT_NE(page, MAP_FAILED);
  ::munmap(page, kPageBytes);
  EXPECT_EQ(fault_of_read(blocks.back() + 16), blocks.back() + 16);
  for (Address block : blocks) this->free(block);
  EXPECT_EQ(this->heap->statistics().live_blocks, 0u);
  EXPECT_EQ(this->heap->statistics().mappings_used, 0u);
}

TYPED_TEST(PageHeapOnLinux, CoresHoldTheTablesAndWhatWasTakenIn) {
  OPEN_OR_SKIP();
  const Extent tables = this->heap->tables();
  EXPECT_FALSE(left_out_of_cores(tables.begin + kPageBytes)) << "where stretches begin";
  EXPECT_TRUE(left_out_of_cores(tables.end - 1)) << "records of pages not taken in";
  EXPECT_FALSE(left_out_of_cores(this->allocate(48)));
  EXPECT_TRUE(left_out_of_cores(this->heap->reservation().end - 1));
}

TEST(LinuxPageCalls, AddressSpaceThatIsNotThereIsNone) {
  LinuxPageCalls kernel;
  const PageCalls calls = kernel.table();
  errno = EDOM;
  EXPECT_EQ(calls.reserve(calls.context, std::size_t{1} << 60), 0u);
  EXPECT_EQ(errno, EDOM);
}

/// Whether this kernel lets a program watch and move pages, asked without the code under test.
bool kernel_moves_pages() {
  // Younger than the headers of Debian 12.
  constexpr int kUserModeOnly = 1;
  constexpr std::uint64_t kFeatureMove = 1u << 16;
  const auto descriptor = static_cast<int>(::syscall(SYS_userfaultfd, O_CLOEXEC | kUserModeOnly));
  uffdio_api api{UFFD_API, UFFD_FEATURE_SIGBUS | kFeatureMove, 0};
  const bool can = descriptor >= 0 && ::ioctl(descriptor, UFFDIO_API, &api) == 0;
  if (descriptor >= 0) ::close(descriptor);
  return can;
}

TEST(LinuxPageCalls, PagesAreMovedWhereTheKernelCan) {
  LinuxPageCalls kernel;
  EXPECT_EQ(GuardPages::best(kernel.table(), true) == GuardKind::moving, kernel_moves_pages());
  kernel.close();
}

/// In a program that may have few descriptors the watcher's can be any, even that of standard
/// input.
TEST(LinuxPageCalls, ADescriptorWatchesAllWhateverItsNumber) {
  if (!kernel_moves_pages()) GTEST_SKIP() << "this kernel cannot guard that way";
  EXPECT_TRUE(in_child([] {
    const rlimit few{512, 512};
    if (::setrlimit(RLIMIT_NOFILE, &few) != 0) return false;
    ::close(0);
    LinuxPageCalls kernel;
    const PageCalls calls = kernel.table();
    const auto next_descriptor = [] {
      const int next = ::dup(2);
      ::close(next);
      return next;
    };
    const auto watches = [&] {
      return calls.watch(calls.context, calls.reserve(calls.context, kPageBytes), kPageBytes);
    };
    if (next_descriptor() != 0 || !watches()) return false;
    const int next = next_descriptor();
    return next > 0 && watches() && next_descriptor() == next;
  }));
}

}  // namespace
}  // namespace arenite
