// SPDX-License-Identifier: MIT
#include <sys/syscall.h>
#include <unistd.h>
#include <xxhash.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <utility>

#include "debug/audit/audit_fixture.hpp"
#include "debug/memory/cannot_tell.hpp"
#include "debug/snapshot/heap_stretches.hpp"
#include "debug/snapshot/reader.hpp"
#include "debug/snapshot/writer.hpp"

namespace {
/// The next read of a file fails with it; 0 for none.
int next_error = 0;
}  // namespace

// In the place of the C library's.
extern "C" [[gnu::visibility("default")]] ssize_t pread(int file, void* to, std::size_t bytes,
                                                        off_t at) {
  if (next_error == 0) return ::syscall(SYS_pread64, file, to, bytes, at);
  errno = std::exchange(next_error, 0);
  return -1;
}

namespace arenite::snapshot {
namespace {

std::string path_of(const char* name) {
  return ::testing::TempDir() + "/arenite_" + std::to_string(::getpid()) + "_" + name;
}

std::vector<char> read_all(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_all(const std::string& path, const char* bytes, std::size_t count) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes, static_cast<std::streamsize>(count));
}

/// "" for a sound file, otherwise what is wrong with it.
std::string judge(const std::string& path) {
  try {
    return Reader(path).damage();
  } catch (const CannotTell& reason) {
    return reason.what();
  }
}

template <class G>
class SnapshotTest : public AuditFixture<G> {
 public:
  void SetUp() override {
    AuditFixture<G>::SetUp();
    this->fill();
    path_ = path_of(G::kName);
  }
  void TearDown() override { std::filesystem::remove(path_); }

  void save(bool full = false) {
    ASSERT_TRUE(this->audit().only({}));
    const HeapPlan& plan = this->result_->plan;
    Writer writer(path_);
    FileHeader header{};
    header.fingerprint = plan.root.fingerprint;
    header.flags = full ? kFull : 0;
    writer.begin(header);
    writer.text(Kind::facts, "command test\n");
    for (const Region& stretch : heap_stretches(plan, full))
      EXPECT_EQ(writer.memory(OwnMemory{}, stretch), 0u);
    writer.finish();
  }

 protected:
  std::string path_;
};
TYPED_TEST_SUITE(SnapshotTest, AuditedGeometries);

TYPED_TEST(SnapshotTest, audits_like_the_heap_it_was_taken_of) {
  this->save();
  const Reader reader(this->path_);
  EXPECT_EQ(reader.damage(), "");
  EXPECT_EQ(reader.text(Kind::facts), "command test\n");
  const auto sound = this->audit_through(reader);
  EXPECT_TRUE(sound.only({})) << sound;
  EXPECT_EQ(sound.end, AuditEnd::complete);
  EXPECT_EQ(sound.unreadable, 0u);
  EXPECT_EQ(this->statistics().accounted_bytes(), this->statistics().mapped_bytes());
}

TYPED_TEST(SnapshotTest, a_read_that_a_signal_interrupts_is_made_again) {
  this->save();
  next_error = EINTR;
  EXPECT_EQ(judge(this->path_), "");
  EXPECT_EQ(next_error, 0);
  next_error = EIO;
  EXPECT_EQ(judge(this->path_), this->path_ + " is too short for a snapshot");
}

TYPED_TEST(SnapshotTest, shows_what_was_broken) {
  this->save();
  ++this->root().lists[this->kBusyClass].length;
  ++this->root().dirty_pools;
  const auto live = this->audit();
  {
    const HeapPlan plan = this->result_->plan;
    Writer writer(this->path_);
    writer.begin({});
    for (const Region& stretch : heap_stretches(plan, false)) writer.memory(OwnMemory{}, stretch);
    writer.finish();
  }
  const auto later = this->audit_through(Reader(this->path_));
  EXPECT_EQ(later.text, live.text);
  EXPECT_EQ(later.ids.size(), 2u);
}

TYPED_TEST(SnapshotTest, full_holds_users_memory) {
  std::strcpy(static_cast<char*>(this->span_), "in the span");
  this->save(true);
  char text[12] = {};
  EXPECT_TRUE(Reader(this->path_).read(reinterpret_cast<Address>(this->span_), text, sizeof text));
  EXPECT_STREQ(text, "in the span");
  this->save(false);
  EXPECT_FALSE(Reader(this->path_).read(reinterpret_cast<Address>(this->span_), text, sizeof text));
}

TYPED_TEST(SnapshotTest, every_cut_is_told) {
  this->save();
  const std::size_t whole = std::filesystem::file_size(this->path_);
  {
    std::ofstream file(this->path_, std::ios::binary | std::ios::app);
    file.put('\0');
  }
  EXPECT_NE(judge(this->path_), "");
  std::filesystem::resize_file(this->path_, whole);
  EXPECT_EQ(judge(this->path_), "");
  const std::size_t step = std::max<std::size_t>(1, whole / 3000);
  for (std::size_t length = whole - 1;; length -= step) {
    std::filesystem::resize_file(this->path_, length);
    EXPECT_NE(judge(this->path_), "") << length;
    if (length < step) break;
  }
}

TYPED_TEST(SnapshotTest, every_changed_byte_is_told_and_nothing_crashes) {
  this->save();
  const std::vector<char> bytes = read_all(this->path_);
  std::fstream file(this->path_, std::ios::binary | std::ios::in | std::ios::out);
  const auto put = [&file](std::size_t at, char byte) {
    file.seekp(static_cast<std::streamoff>(at));
    file.put(byte);
    file.flush();
  };
  std::mt19937 random(5);
  const std::size_t step = std::max<std::size_t>(1, bytes.size() / 3000);
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    put(at, static_cast<char>(bytes[at] ^ (1 << random() % 8)));
    EXPECT_NE(judge(this->path_), "") << at;
    put(at, bytes[at]);
  }
  EXPECT_EQ(judge(this->path_), "");
}

TYPED_TEST(SnapshotTest, what_stands_before_the_damage_is_readable) {
  this->save();
  const std::vector<char> whole = read_all(this->path_);
  write_all(this->path_, whole.data(), whole.size() - 60);
  const Reader reader(this->path_);
  EXPECT_NE(reader.damage(), "");
  const auto report = this->audit_through(reader);
  EXPECT_GT(report.unreadable, 0u);
  EXPECT_TRUE(report.only({})) << report;
}

TEST(Snapshot, files_that_are_none) {
  EXPECT_NE(judge("/nonexistent/file").find("cannot be read"), std::string::npos);
  EXPECT_NE(judge("/tmp").find("is not a file"), std::string::npos);
  const std::string path = path_of("none");
  write_all(path, "", 0);
  EXPECT_NE(judge(path).find("too short"), std::string::npos);
  const std::string text(1000, 'x');
  write_all(path, text.data(), text.size());
  EXPECT_NE(judge(path).find("is not an Arenite snapshot"), std::string::npos);
  std::filesystem::remove(path);
}

TEST(Snapshot, a_file_that_was_not_finished_does_not_appear) {
  const std::string path = path_of("unfinished");
  {
    Writer writer(path);
    writer.begin({});
    writer.text(Kind::facts, "x");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_FALSE(std::filesystem::exists(path + ".part"));
  EXPECT_THROW(Writer("/nonexistent/file"), CannotTell);
}

TEST(Snapshot, long_texts_and_long_stretches_are_cut_and_joined) {
  const std::string path = path_of("long");
  std::string text;
  for (int i = 0; text.size() < 3 * kMaxRawBytes; ++i) text += std::to_string(i) + "\n";
  const Address at = reinterpret_cast<Address>(text.data());
  {
    Writer writer(path);
    writer.begin({});
    writer.text(Kind::mappings, text);
    writer.memory(OwnMemory{}, {at + 5, at + text.size()});
    writer.finish();
  }
  const Reader reader(path);
  EXPECT_EQ(reader.damage(), "");
  EXPECT_EQ(reader.text(Kind::mappings), text);
  std::string copy(text.size() - 5, '\0');
  EXPECT_TRUE(reader.read(at + 5, copy.data(), copy.size()));
  EXPECT_EQ(copy, text.substr(5));
  char byte;
  EXPECT_FALSE(reader.read(at + 4, &byte, 1));
  EXPECT_FALSE(reader.read(at + text.size(), &byte, 1));
  EXPECT_FALSE(reader.read(~Address{0}, &byte, 1));
  std::filesystem::remove(path);
}

TEST(Snapshot, a_version_that_is_not_known_is_named) {
  const std::string path = path_of("later");
  {
    Writer writer(path);
    writer.begin({});
    writer.finish();
  }
  std::vector<char> bytes = read_all(path);
  FileHeader header;
  std::memcpy(&header, bytes.data(), sizeof header);
  for (const std::uint32_t version : {kOldestVersion - 1, kVersion + 1}) {
    header.version = version;
    header.checksum = XXH3_64bits(&header, offsetof(FileHeader, checksum));
    std::memcpy(bytes.data(), &header, sizeof header);
    write_all(path, bytes.data(), bytes.size());
    EXPECT_NE(judge(path).find("is a snapshot of version " + std::to_string(version)),
              std::string::npos)
        << judge(path);
  }
  std::filesystem::remove(path);
}

TEST(Snapshot, a_name_that_is_taken_by_a_folder_leaves_nothing) {
  const std::string path = path_of("folder");
  std::filesystem::create_directories(path + "/in_it");
  Writer writer(path);
  writer.begin({});
  EXPECT_THROW(writer.finish(), CannotTell);
  EXPECT_FALSE(std::filesystem::exists(path + ".part"));
  EXPECT_TRUE(std::filesystem::is_directory(path + "/in_it"));
  std::filesystem::remove_all(path);
}

/// Memory with a stretch that cannot be read.
struct HoledMemory {
  Region hole;
  bool read(Address at, void* to, std::size_t bytes) const {
    return (at + bytes <= hole.begin || at >= hole.end) && OwnMemory{}.read(at, to, bytes);
  }
};

TEST(Snapshot, around_what_cannot_be_read_pages_are_saved) {
  constexpr std::size_t kPage = 4096;
  const std::string path = path_of("hole");
  std::string memory(8 * kPage, '\0');
  for (std::size_t i = 0; i < memory.size(); ++i) memory[i] = static_cast<char>(i * 7 >> 3);
  const Address begin = reinterpret_cast<Address>(memory.data());
  const Address end = begin + memory.size(), page = (begin + 3 * kPage) / kPage * kPage;
  {
    Writer writer(path);
    writer.begin({});
    EXPECT_EQ(writer.memory(HoledMemory{{page, page + kPage}}, {begin, end}), kPage);
    writer.finish();
  }
  const Reader reader(path);
  EXPECT_EQ(reader.damage(), "");
  std::string copy(memory.size(), '\0');
  const std::size_t before = page - begin;
  ASSERT_TRUE(reader.read(begin, copy.data(), before));
  ASSERT_TRUE(reader.read(page + kPage, &copy[before + kPage], end - page - kPage));
  EXPECT_EQ(copy.substr(0, before), memory.substr(0, before));
  EXPECT_EQ(copy.substr(before + kPage), memory.substr(before + kPage));
  EXPECT_FALSE(reader.read(page, copy.data(), 1));
  EXPECT_FALSE(reader.read(page - 1, copy.data(), 2));
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace arenite::snapshot
