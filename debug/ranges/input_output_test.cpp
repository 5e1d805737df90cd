// SPDX-License-Identifier: MIT
// Input is held against its block by what came, output by what the call says.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <functional>

#include "debug/ranges/fake_blocks.hpp"

namespace arenite {
namespace {

using Size = std::size_t;
using Read = ssize_t(int, void*, Size);
using Write = ssize_t(int, const void*, Size);
using ReadAt = ssize_t(int, void*, Size, off_t);

class InputOutputRanges : public FakeBlocks {
 protected:
  InputOutputRanges() {
    file_ = ::tmpfile();
    descriptor_ = ::fileno(file_);
    ::fputs("abcdef\n", file_);
    ::fflush(file_);
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM, 0, ends_), 0);
  }
  ~InputOutputRanges() override {
    ::fclose(file_);
    ::close(ends_[0]);
    ::close(ends_[1]);
  }

  void rewind_file() { EXPECT_EQ(::fseek(file_, 0, SEEK_SET), 0); }

  /// `call` reads the 7 bytes of the file, or of a datagram, and asks for 100.
  void expect_filled(const char* name, Size bytes, const std::function<void(char* to)>& call) {
    rewind_file();
    ::lseek(descriptor_, 0, SEEK_SET);
    char* const exact = allocate(bytes);
    call(exact);
    expect_silence(name);
    rewind_file();
    ::lseek(descriptor_, 0, SEEK_SET);
    char* const small = allocate(bytes - 1);
    call(small);
    expect_fault(name, Fault::heap_buffer_overflow, Access::write, small, small + bytes - 1, bytes);
  }

  FILE* file_;
  int descriptor_;
  int ends_[2];
  char host_[3] = {};
};

TEST_F(InputOutputRanges, reading_counts_what_came) {
  expect_filled("read", 7, [&](char* to) { wrapper<Read>("read")(descriptor_, to, 100); });
  expect_filled("read", 7, [&](char* to) {
    wrapper<ssize_t(int, void*, Size, Size)>("__read_chk")(descriptor_, to, 100, 100);
  });
  for (const char* name : {"pread", "pread64"})
    expect_filled(name, 7, [&](char* to) { wrapper<ReadAt>(name)(descriptor_, to, 100, 0); });
  expect_filled("fread", 7, [&](char* to) {
    EXPECT_EQ((wrapper<Size(void*, Size, Size, FILE*)>("fread")(to, 1, 100, file_)), 7u);
  });
  expect_filled("fread", 6, [&](char* to) {
    EXPECT_EQ((wrapper<Size(void*, Size, Size, Size, FILE*)>("__fread_chk")(to, 200, 3, 2, file_)),
              2u);
  });
  expect_filled("fgets", 8, [&](char* to) {
    EXPECT_EQ((wrapper<char*(char*, int, FILE*)>("fgets")(to, 100, file_)), to);
  });
  expect_filled("fgets", 8, [&](char* to) {
    wrapper<char*(char*, Size, int, FILE*)>("__fgets_chk")(to, 100, 100, file_);
  });
  expect_filled("recv", 3, [&](char* to) {
    ::send(ends_[0], "abc", 3, 0);
    wrapper<ssize_t(int, void*, Size, int)>("recv")(ends_[1], to, 100, 0);
  });
  expect_filled("recvfrom", 3, [&](char* to) {
    ::send(ends_[0], "abc", 3, 0);
    wrapper<ssize_t(int, void*, Size, int, sockaddr*, socklen_t*)>("recvfrom")(ends_[1], to, 100, 0,
                                                                               nullptr, nullptr);
  });
}

TEST_F(InputOutputRanges, a_datagram_that_was_cut_is_no_fault) {
  char* const to = allocate(2);
  ::send(ends_[0], "abc", 3, 0);
  EXPECT_EQ((wrapper<ssize_t(int, void*, Size, int)>("recv")(ends_[1], to, 2, MSG_TRUNC)), 3);
  expect_silence("recv");
}

TEST_F(InputOutputRanges, nothing_came) {
  char* const to = allocate(1);
  release(to);
  errno = 0;
  EXPECT_EQ(wrapper<Read>("read")(-1, to, 100), -1);
  EXPECT_EQ(errno, EBADF);
  EXPECT_EQ((wrapper<char*(char*, Size)>("getcwd")(to, 1)), nullptr);
  EXPECT_EQ(errno, ERANGE);
  expect_silence("read");
}

TEST_F(InputOutputRanges, writing_needs_all_there_is_to_write) {
  const int null = ::open("/dev/null", O_WRONLY);
  FILE* const nowhere = ::fopen("/dev/null", "w");
  const auto check = [&](const char* name, const std::function<void(char* from, Size n)>& call) {
    char* const from = allocate(4);
    errno = 42;
    call(from, 4);
    EXPECT_EQ(errno, 42);
    expect_silence(name);
    call(from, 5);
    expect_fault(name, Fault::heap_buffer_overflow, Access::read, from, from + 4, 5);
    release(from);
    call(from, 4);
    expect_fault(name, Fault::heap_use_after_free, Access::read, from, from, 4);
  };
  check("write", [&](char* from, Size n) { wrapper<Write>("write")(null, from, n); });
  check("pwrite", [&](char* from, Size n) {
    wrapper<ssize_t(int, const void*, Size, off_t)>("pwrite")(descriptor_, from, n, 0);
  });
  check("send", [&](char* from, Size n) {
    wrapper<ssize_t(int, const void*, Size, int)>("send")(ends_[0], from, n, 0);
  });
  check("sendto", [&](char* from, Size n) {
    wrapper<ssize_t(int, const void*, Size, int, const sockaddr*, socklen_t)>("sendto")(
        ends_[0], from, n, 0, nullptr, 0);
  });
  check("fwrite", [&](char* from, Size n) {
    wrapper<Size(const void*, Size, Size, FILE*)>("fwrite")(from, 1, n, nowhere);
  });
  check("writev", [&](char* from, Size n) {
    const iovec vectors[2] = {{host_, 3}, {from, n}};
    wrapper<ssize_t(int, const iovec*, int)>("writev")(null, vectors, 2);
  });
  check("sendmsg", [&](char* from, Size n) {
    iovec vector = {from, n};
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    wrapper<ssize_t(int, const msghdr*, int)>("sendmsg")(ends_[0], &message, 0);
  });
  ::fclose(nowhere);
  ::close(null);
}

TEST_F(InputOutputRanges, what_says_where_to_write_from_is_held_against_its_block_first) {
  char* const from = allocate(4);
  auto* const vectors = reinterpret_cast<iovec*>(allocate(sizeof(iovec)));
  *vectors = {from, 5};
  wrapper<ssize_t(int, const iovec*, int)>("writev")(-1, vectors, 2);
  expect_fault("writev", Fault::heap_buffer_overflow, Access::read, vectors, vectors + 1,
               2 * sizeof(iovec));
  auto* const message = reinterpret_cast<msghdr*>(allocate(sizeof(msghdr) - 8));
  message->msg_iov = vectors;
  message->msg_iovlen = 2;
  wrapper<ssize_t(int, const msghdr*, int)>("sendmsg")(-1, message, 0);
  expect_fault("sendmsg", Fault::heap_buffer_overflow, Access::read, message,
               reinterpret_cast<char*>(message) + sizeof(msghdr) - 8, sizeof(msghdr));
  errno = 0;
  EXPECT_EQ((wrapper<ssize_t(int, const msghdr*, int)>("sendmsg")(ends_[0], nullptr, 0)), -1);
  EXPECT_EQ(errno, EFAULT);
  expect_silence("sendmsg");
}

TEST_F(InputOutputRanges, vectors_are_filled_one_after_the_other) {
  char* const first = allocate(3);
  char* const second = allocate(3);
  const iovec vectors[2] = {{first, 3}, {second, 100}};
  using ReadAll = ssize_t(int, const iovec*, int);
  ::lseek(descriptor_, 1, SEEK_SET);
  EXPECT_EQ(wrapper<ReadAll>("readv")(descriptor_, vectors, 2), 6);
  expect_silence("readv");
  ::lseek(descriptor_, 0, SEEK_SET);
  EXPECT_EQ(wrapper<ReadAll>("readv")(descriptor_, vectors, 2), 7);
  expect_fault("readv", Fault::heap_buffer_overflow, Access::write, second, second + 3, 4);
}

TEST_F(InputOutputRanges, text_that_is_put) {
  FILE* const nowhere = ::fopen("/dev/null", "w");
  char* const cut = unterminated("abc");
  wrapper<int(const char*, FILE*)>("fputs")(terminated("abc"), nowhere);
  expect_silence("fputs");
  wrapper<int(const char*, FILE*)>("fputs")(cut, nowhere);
  expect_fault("fputs", Fault::heap_buffer_overflow, Access::read, cut, cut + 3, 4);
  wrapper<int(const char*)>("puts")(cut);
  expect_fault("puts", Fault::heap_buffer_overflow, Access::read, cut, cut + 3, 4);
  ::fclose(nowhere);
}

TEST_F(InputOutputRanges, lines_that_the_library_makes_room_for) {
  using GetLine = ssize_t(char**, Size*, FILE*);
  rewind_file();
  char* line = nullptr;
  Size size = 0;
  EXPECT_EQ(wrapper<GetLine>("getline")(&line, &size, file_), 7);
  std::free(line);
  rewind_file();
  // Says more than there is.
  char* const small = line = allocate(7);
  size = 100;
  expect_silence("getline");
  EXPECT_EQ(wrapper<GetLine>("getline")(&line, &size, file_), 7);
  expect_fault("getline", Fault::heap_buffer_overflow, Access::write, small, small + 7, 8);
}

TEST_F(InputOutputRanges, names) {
  char cwd[4096];
  ASSERT_NE(::getcwd(cwd, sizeof cwd), nullptr);
  const Size length = std::strlen(cwd);
  expect_filled("getcwd", length + 1,
                [&](char* to) { wrapper<char*(char*, Size)>("getcwd")(to, 4096); });
  char host[256];
  ASSERT_EQ(::gethostname(host, sizeof host), 0);
  expect_filled("gethostname", std::strlen(host) + 1,
                [&](char* to) { wrapper<int(char*, Size)>("gethostname")(to, 256); });
  const std::string link = ::testing::TempDir() + "/arenite_ranges_" + std::to_string(::getpid());
  ASSERT_EQ(::symlink("abcde", link.c_str()), 0);
  using ReadLink = ssize_t(const char*, char*, Size);
  expect_filled("readlink", 5, [&](char* to) {
    EXPECT_EQ(wrapper<ReadLink>("readlink")(link.c_str(), to, 100), 5);
  });
  char* const path = unterminated("/tmp/x");
  wrapper<ReadLink>("readlink")(path, host, 100);
  expect_fault("readlink", Fault::heap_buffer_overflow, Access::read, path, path + 6, 7);
  ::unlink(link.c_str());
}

}  // namespace
}  // namespace arenite
