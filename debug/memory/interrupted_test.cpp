// SPDX-License-Identifier: MIT
// Calls of the system that a signal interrupts are made again; those that fail are not.
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "debug/memory/cannot_tell.hpp"
#include "debug/memory/file_blocks.hpp"
#include "debug/memory/mappings.hpp"
#include "debug/memory/whole_file.hpp"

namespace {

/// The next call fails with it; 0 for none.
int next_error = 0;

bool fails() {
  if (next_error == 0) return false;
  errno = std::exchange(next_error, 0);
  return true;
}

}  // namespace

// In the place of the C library's, for all of this test program.
extern "C" [[gnu::visibility("default")]] ssize_t pread(int file, void* to, std::size_t bytes,
                                                        off_t at) {
  return fails() ? -1 : ::syscall(SYS_pread64, file, to, bytes, at);
}
extern "C" [[gnu::visibility("default")]] ssize_t read(int file, void* to, std::size_t bytes) {
  return fails() ? -1 : ::syscall(SYS_read, file, to, bytes);
}
extern "C" [[gnu::visibility("default")]] ssize_t write(int file, const void* from,
                                                        std::size_t bytes) {
  return fails() ? -1 : ::syscall(SYS_write, file, from, bytes);
}

namespace arenite {
namespace {

class InterruptedTest : public ::testing::Test {
 protected:
  void SetUp() override { std::ofstream(path) << "1000-2000 r-xp 0 0:0 0\n"; }
  void TearDown() override {
    EXPECT_EQ(next_error, 0) << "no such call was made";
    std::filesystem::remove(path);
  }

  std::string text() const {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const std::string path = ::testing::TempDir() + "/interrupted_" + std::to_string(::getpid());
};

TEST_F(InterruptedTest, AFileReadInBlocks) {
  char byte = 0;
  const FileBlocks file(path);
  next_error = EINTR;
  EXPECT_TRUE(file.read(0, &byte, 1));
  EXPECT_EQ(byte, '1');
  const FileBlocks other(path);
  next_error = EIO;
  EXPECT_FALSE(other.read(0, &byte, 1));
}

TEST_F(InterruptedTest, AListOfMappings) {
  std::vector<char> buffer(MappingReader::kBufferBytes);
  Mapping mapping;
  MappingReader reader(path.c_str(), buffer.data());
  next_error = EINTR;
  EXPECT_TRUE(reader.next(mapping));
  EXPECT_EQ(mapping.end, 0x2000u);
  MappingReader other(path.c_str(), buffer.data());
  next_error = EIO;
  EXPECT_FALSE(other.next(mapping));
}

TEST_F(InterruptedTest, AFileThatIsWritten) {
  WholeFile file(path);
  next_error = EINTR;
  file.put("new", 3);
  file.finish();
  EXPECT_EQ(text(), "new");
  WholeFile other(path);
  next_error = EIO;
  EXPECT_THROW(other.put("other", 5), CannotTell);
}

}  // namespace
}  // namespace arenite
