// SPDX-License-Identifier: MIT
#include "debug/memory/whole_file.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include <gtest/gtest.h>

#include "debug/memory/cannot_tell.hpp"

namespace arenite {
namespace {

namespace fs = std::filesystem;

class WholeFileTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder);
    fs::create_directory(folder);
  }
  void TearDown() override { fs::remove_all(folder); }

  static std::string text_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
  }
  std::string why_not(const std::string& name) const {
    try {
      write_whole_file(name, "new");
    } catch (const CannotTell& reason) {
      return reason.what();
    }
    return "it was written";
  }

  const std::string folder = testing::TempDir() + "/whole_file_" + std::to_string(::getpid());
  const std::string path = folder + "/name";
};

TEST_F(WholeFileTest, AppearsWhenItIsWhole) {
  std::ofstream(path) << "old";
  WholeFile file(path, 0600);
  file.put("ne", 2);
  file.put("w", 1);
  EXPECT_EQ(text_of(path), "old");
  file.finish();
  EXPECT_EQ(text_of(path), "new");
  EXPECT_EQ(files(), 1u);
  struct stat about;
  ASSERT_EQ(::stat(path.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
}

TEST_F(WholeFileTest, LeavesWhatWasThereIfItIsNotFinished) {
  std::ofstream(path) << "old";
  {
    WholeFile(path).put("new", 3);
  }
  EXPECT_EQ(text_of(path), "old");
  EXPECT_EQ(files(), 1u);
}

TEST_F(WholeFileTest, FollowsLinksAlsoToWhatIsNotThereYet) {
  fs::create_symlink("second", path);
  fs::create_symlink(folder + "/third", folder + "/second");
  write_whole_file(path, "new");
  EXPECT_TRUE(fs::is_symlink(path));
  EXPECT_TRUE(fs::is_symlink(folder + "/second"));
  EXPECT_FALSE(fs::is_symlink(folder + "/third"));
  EXPECT_EQ(text_of(path), "new");
  EXPECT_EQ(files(), 3u);
}

TEST_F(WholeFileTest, SaysWhyItCannotBeWritten) {
  EXPECT_EQ(why_not(folder + "/none/name"),
            folder + "/none/name cannot be written: No such file or directory");
  EXPECT_EQ(why_not(folder), folder + " cannot be written: Is a directory");
  fs::create_symlink("name", path);
  EXPECT_EQ(why_not(path), path + " cannot be written: Too many levels of symbolic links");
  EXPECT_EQ(files(), 1u);
  EXPECT_FALSE(fs::exists(folder + ".part"));
}

TEST_F(WholeFileTest, LeavesWhatWasThereIfTheDiskIsFull) {
  std::ofstream(path) << "old";
  const auto before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit none{1, limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &none), 0);
  const std::string why = why_not(path);
  ::setrlimit(RLIMIT_FSIZE, &limit);
  std::signal(SIGXFSZ, before);
  EXPECT_EQ(why, path + " cannot be written: File too large");
  EXPECT_EQ(text_of(path), "old");
  EXPECT_EQ(files(), 1u);
}

TEST_F(WholeFileTest, IsAFileLikeAnyOtherWhereDevicesLie) {
  const std::string shared = "/dev/shm/whole_file_" + std::to_string(::getpid());
  if (::access("/dev/shm", W_OK) != 0) GTEST_SKIP() << "no /dev/shm here";
  write_whole_file(shared, "old");
  write_whole_file(shared, "new");
  EXPECT_EQ(text_of(shared), "new");
  fs::remove(shared);
}

TEST_F(WholeFileTest, WritesIntoPipes) {
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  std::string got;
  std::thread reader([&] { got = text_of(path); });
  write_whole_file(path, "new");
  reader.join();
  EXPECT_EQ(got, "new");
  EXPECT_TRUE(fs::is_fifo(path));
  EXPECT_EQ(files(), 1u);
}

TEST_F(WholeFileTest, AddsToWhatStdoutIsRedirectedTo) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_GE(file, 0);
  ASSERT_EQ(::write(file, "old ", 4), 4);
  write_whole_file("/dev/fd/" + std::to_string(file), "new");
  ::close(file);
  EXPECT_EQ(text_of(path), "old new");
}

}  // namespace
}  // namespace arenite
