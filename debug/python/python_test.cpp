// SPDX-License-Identifier: MIT
// Frames of a CPython that is made up here, laid out as each known version lays them out. How real
// ones lay them out: planted_test.cpp.
#include "debug/python/python.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "debug/python/python_stacks.hpp"

namespace {

struct MadeUp {
  const char* version;
  bool locked;
  void* current;
  void* own;
  unsigned lines_asked;
  /// What a signal handler does that comes when a line is asked for; once.
  std::function<void()> handler;
};
MadeUp made_up;

}  // namespace

// What this executable exports is what CPython's functions are looked for among.
extern "C" {
[[gnu::visibility("default")]] char PyCode_Type[8];

[[gnu::visibility("default")]] const char* Py_GetVersion() {
  return made_up.version;
}
[[gnu::visibility("default")]] int PyGILState_Check() {
  return made_up.locked ? 1 : 0;
}
[[gnu::visibility("default")]] void* PyGILState_GetThisThreadState() {
  return made_up.own;
}
[[gnu::visibility("default")]] void* PyThreadState_GetUnchecked() {
  return made_up.current;
}
/// Line 100 for the first instruction; none for the one at 1000.
[[gnu::visibility("default")]] int PyCode_Addr2Line(void*, int offset) {
  ++made_up.lines_asked;
  if (const auto handler = std::exchange(made_up.handler, nullptr)) handler();
  return offset == 1000 ? -1 : 100 + offset;
}
[[gnu::visibility("default")]] std::ptrdiff_t PyUnicode_GetLength(void* text) {
  return static_cast<std::ptrdiff_t>(static_cast<const std::u32string*>(text)->size());
}
[[gnu::visibility("default")]] std::uint32_t PyUnicode_ReadChar(void* text, std::ptrdiff_t index) {
  return (*static_cast<const std::u32string*>(text))[static_cast<std::size_t>(index)];
}
}

namespace arenite {
namespace {

/// Any of the interpreter's structs.
class Object {
 public:
  template <class Value>
  Object& put(std::size_t offset, Value value) {
    std::memcpy(bytes_ + offset, &value, sizeof value);
    return *this;
  }
  Address address() const { return reinterpret_cast<Address>(bytes_); }
  void* pointer() { return bytes_; }

 private:
  alignas(16) char bytes_[256] = {};
};

Address address_of(const std::u32string& text) {
  return reinterpret_cast<Address>(&text);
}

std::string version_of(const PythonLayout& layout) {
  return "3." + std::to_string(layout.minor) + ".4 (main, Jan  1 2026)";
}

class PythonTest : public testing::TestWithParam<PythonLayout> {
 protected:
  static constexpr std::int32_t kFirstTraceable = 3;

  void SetUp() override {
    version_ = version_of(layout());
    made_up = {version_.c_str(), true, thread_.pointer(), thread_.pointer(), 0, {}};
    python_->find();
    ASSERT_TRUE(python_->has_frames());
  }
  void TearDown() override { made_up = {}; }

  static const PythonLayout& layout() { return GetParam(); }

  Object& code(const std::u32string& name, std::uint32_t first_line = 7) {
    return add()
        .put(kObjectType, reinterpret_cast<Address>(&PyCode_Type))
        .put(layout().code_first_line, first_line)
        .put(layout().code_file, address_of(file_))
        .put(layout().code_name, address_of(name))
        .put(layout().code_first_traceable, kFirstTraceable);
  }
  /// At an instruction of the code, of so many bytes behind the first.
  Object& frame(const Object& of, Address offset, std::uint8_t owner = 0) {
    return add()
        .put(layout().frame_code, of.address())
        .put(layout().frame_instruction, of.address() + layout().code_instructions + offset)
        .put(layout().frame_owner, owner);
  }
  /// The thread's frames from now on, innermost first.
  void run(const std::vector<Object*>& frames) {
    for (std::size_t i = 0; i < frames.size(); ++i)
      frames[i]->put(layout().frame_previous,
                     i + 1 < frames.size() ? frames[i + 1]->address() : Address{0});
    lead_to(frames.empty() ? 0 : frames[0]->address());
  }
  void lead_to(Address frame) {
    if (layout().frame_in == kDirect) {
      thread_.put(layout().thread_frame, frame);
    } else {
      thread_.put(layout().thread_frame, between_.put(layout().frame_in, frame).address());
    }
  }

  unsigned walked() const {
    Python::Walk walk;
    python_->walk(walk);
    return walk.count;
  }
  /// FUNCTION:LINE of each frame, innermost first.
  std::vector<std::string> places() {
    Python::Walk walk;
    python_->walk(walk);
    Address frames[Python::kMostFrames];
    const unsigned count = python_->name(walk, frames, Python::kMostFrames);
    std::vector<std::string> all;
    for (unsigned i = 0; i < count; ++i) {
      PythonPlace place;
      EXPECT_TRUE(python_->place(frames[i], place));
      EXPECT_EQ(place.file, "sand.py");
      all.push_back(std::string(place.function) + ":" + std::to_string(place.line));
    }
    return all;
  }
  std::string name_of(const std::u32string& name) {
    run({&frame(code(name), 10)});
    const std::vector<std::string> all = places();
    return all.size() == 1 ? all[0].substr(0, all[0].rfind(':')) : "not one";
  }

  const std::u32string file_ = U"sand.py", pour_ = U"pour", sift_ = U"sift";
  /// As large as it is, for the numbers it keeps.
  std::unique_ptr<Python> python_ = std::make_unique<Python>();

 private:
  Object& add() { return *objects_.emplace_back(std::make_unique<Object>()); }

  std::string version_;
  Object thread_, between_;
  std::vector<std::unique_ptr<Object>> objects_;
};

INSTANTIATE_TEST_SUITE_P(Versions, PythonTest, testing::ValuesIn(kPythonLayouts),
                         [](const auto& tested) {
                           return "Python3_" + std::to_string(tested.param.minor);
                         });

TEST_P(PythonTest, TellsFunctionsAndLinesInnermostFirst) {
  run({&frame(code(pour_), 10), &frame(code(sift_), 6), &frame(code(pour_), 1000)});
  EXPECT_EQ(places(), (std::vector<std::string>{"pour:110", "sift:106", "pour:0"}));
  run({});
  EXPECT_EQ(places(), std::vector<std::string>{});
}

TEST_P(PythonTest, LeavesOutWhatHasNotBegun) {
  const Object& function = code(pour_);
  run({&frame(function, 2 * kFirstTraceable - 1), &frame(function, 2 * kFirstTraceable)});
  EXPECT_EQ(places(), std::vector<std::string>{"pour:106"});
  run({&frame(function, 0, kOwnedByGenerator)});
  EXPECT_EQ(places(), std::vector<std::string>{"pour:100"}) << "a generator has";
}

TEST_P(PythonTest, LeavesOutWhatIsNoFunctionsFrame) {
  Object& other = code(sift_);
  other.put(kObjectType, reinterpret_cast<Address>(&PyCode_Type) + 1);
  Object& none = frame(other, 10);
  Object& empty = frame(other, 10);
  empty.put(layout().frame_code, Address{0});
  const Object& function = code(pour_);
  run({&none, &frame(function, 10, kOwnedByCStack), &empty, &frame(function, 1 << 24),
       &frame(function, Address{0} - 2), &frame(function, 20, 2)});
  EXPECT_EQ(places(), std::vector<std::string>{"pour:120"});
}

TEST_P(PythonTest, TellsSixteenFrames) {
  const Object& function = code(pour_);
  std::vector<Object*> frames(20);
  for (std::size_t i = 0; i < frames.size(); ++i) frames[i] = &frame(function, 10 + i);
  run(frames);
  const std::vector<std::string> all = places();
  ASSERT_EQ(all.size(), 16u);
  EXPECT_EQ(all.front(), "pour:110");
  EXPECT_EQ(all.back(), "pour:125");
}

/// Three that are none before each are looked past, and no more steps are gone than for that.
TEST_P(PythonTest, TellsSixteenFramesAmongManyThatAreNone) {
  const Object& function = code(pour_);
  std::vector<Object*> frames;
  for (Address i = 0; i < 16; ++i) {
    for (int none = 0; none < 3; ++none) frames.push_back(&frame(function, 10, kOwnedByCStack));
    frames.push_back(&frame(function, 10 + i));
  }
  run(frames);
  EXPECT_EQ(places().size(), 16u);
  frames.insert(frames.begin(), &frame(function, 10, kOwnedByCStack));
  run(frames);
  EXPECT_EQ(places().size(), 15u);
}

TEST_P(PythonTest, ARingOfFramesEnds) {
  Object& ring = frame(code(pour_), 0);
  run({&ring});
  ring.put(layout().frame_previous, ring.address());
  EXPECT_EQ(walked(), 0u);
}

TEST_P(PythonTest, OnlyTheLocksHolderLooks) {
  run({&frame(code(pour_), 10)});
  EXPECT_EQ(walked(), 1u);
  void* own = made_up.own;
  made_up.own = nullptr;
  EXPECT_EQ(walked(), 0u);
  made_up.own = own;
  made_up.current = nullptr;
  EXPECT_EQ(walked(), 0u);
  EXPECT_TRUE(python_->lock_held());
  made_up.locked = false;
  EXPECT_FALSE(python_->lock_held());
}

TEST_P(PythonTest, WalksThatDifferHaveDifferentHashes) {
  const Object& function = code(pour_);
  std::vector<std::uint64_t> hashes;
  const auto hash = [&](const std::vector<Object*>& frames) {
    run(frames);
    Python::Walk walk;
    python_->walk(walk);
    hashes.push_back(walk.hash);
  };
  hash({&frame(function, 10)});
  hash({&frame(function, 12)});
  hash({&frame(code(sift_), 10)});
  hash({&frame(code(pour_, 8), 10)});
  hash({&frame(function, 10), &frame(function, 12)});
  hash({&frame(function, 12), &frame(function, 10)});
  // As of code that was freed, and others put in its place: each word counts by where it stands.
  Object& one = code(pour_, 1);
  Object& two = code(sift_, 2);
  const std::vector<Object*> both = {&frame(one, 10), &frame(two, 10)};
  hash(both);
  one.put(layout().code_name, address_of(sift_));
  two.put(layout().code_name, address_of(pour_));
  hash(both);
  one.put(layout().code_first_line, 2);
  two.put(layout().code_first_line, 1);
  hash(both);
  const std::u32string other_file = U"clay.py";
  one.put(layout().code_file, address_of(other_file));
  hash(both);
  one.put(layout().code_file, address_of(file_));
  two.put(layout().code_file, address_of(other_file));
  hash(both);
  std::sort(hashes.begin(), hashes.end());
  EXPECT_EQ(std::unique(hashes.begin(), hashes.end()), hashes.end());
}

TEST_P(PythonTest, AsksForALineOnce) {
  run({&frame(code(pour_), 10)});
  EXPECT_EQ(places(), places());
  EXPECT_EQ(made_up.lines_asked, 1u);
}

TEST_P(PythonTest, NamesAreUtf8) {
  EXPECT_EQ(name_of(U"a\x7f"), "a\x7f");
  EXPECT_EQ(name_of(U"\x80\u03b1\u07ff"), "\xc2\x80\xce\xb1\xdf\xbf");
  EXPECT_EQ(name_of(U"\u0800\u7802\uffff"), "\xe0\xa0\x80\xe7\xa0\x82\xef\xbf\xbf");
  EXPECT_EQ(name_of(U"\U00010000\U0001d6fc\U0010ffff"),
            "\xf0\x90\x80\x80\xf0\x9d\x9b\xbc\xf4\x8f\xbf\xbf");
}

TEST_P(PythonTest, LongNamesAreCutBetweenCharacters) {
  const std::u32string longer(1000, U'\u7802');
  std::string cut;
  for (int i = 0; i < 341; ++i) cut += "\xe7\xa0\x82";
  EXPECT_EQ(name_of(longer), cut);
  EXPECT_EQ(name_of(std::u32string(1000, U'x')), std::string(1000, 'x'));
}

TEST_P(PythonTest, OnlyItsOwnFramesHavePlaces) {
  run({&frame(code(pour_), 10)});
  places();
  PythonPlace place;
  EXPECT_TRUE(python_->place(PythonFrame{0, 5}.encode(), place));
  EXPECT_EQ(place.line, 5u);
  EXPECT_FALSE(python_->place(PythonFrame{1, 5}.encode(), place));
  EXPECT_FALSE(python_->place(PythonFrame{0, 5}.encode() & ~kScriptMark, place));
}

TEST_P(PythonTest, AreJoinedToTheStackOfTheMachine) {
  StackDepot depot;
  ASSERT_TRUE(depot.open());
  const Address machine[] = {1000, 2000};
  const StackId stack = depot.put(machine, 2), other = depot.put(machine, 1);
  const auto stacks = std::make_unique<PythonStacks>();
  EXPECT_EQ(stacks->join(depot, stack, *python_), stack) << "nothing runs";

  run({&frame(code(pour_), 10), &frame(code(sift_), 12)});
  const StackId joined = stacks->join(depot, stack, *python_);
  Address frames[8];
  ASSERT_EQ(depot.get(joined, frames, 8), 4u);
  EXPECT_EQ(frames[0], 1000u);
  EXPECT_EQ(frames[1], 2000u);
  PythonPlace place;
  ASSERT_TRUE(python_->place(frames[3], place));
  EXPECT_EQ(place.function, "sift");
  EXPECT_EQ(place.line, 112u);
  EXPECT_EQ(stacks->join(depot, stack, *python_), joined);
  const StackId joined_to_other = stacks->join(depot, other, *python_);
  EXPECT_EQ(depot.get(joined_to_other, frames, 8), 3u);
  EXPECT_EQ(stacks->join(depot, stack, *python_), joined);
  depot.close();
  EXPECT_EQ(PythonStacks().join(depot, stack, *python_), stack) << "no room";
}

TEST_P(PythonTest, AreJoinedOnceAndThenRemembered) {
  StackDepot depot, other;
  ASSERT_TRUE(depot.open());
  ASSERT_TRUE(other.open());
  const Address machine[] = {1000, 2000};
  const StackId stack = depot.put(machine, 2);
  const auto stacks = std::make_unique<PythonStacks>();
  run({&frame(code(pour_), 10)});
  const StackId joined = stacks->join(depot, stack, *python_);
  EXPECT_NE(joined, stack);
  EXPECT_EQ(stacks->join(other, stack, *python_), joined);
  Address frames[8];
  EXPECT_EQ(other.get(joined, frames, 8), 0u) << "made again";
  other.close();
  depot.close();
}

TEST_P(PythonTest, AreJoinedInASignalHandlerToo) {
  StackDepot depot;
  ASSERT_TRUE(depot.open());
  const Address machine[] = {1000, 2000};
  const StackId stack = depot.put(machine, 2), of_handler = depot.put(machine, 1);
  const auto stacks = std::make_unique<PythonStacks>();
  run({&frame(code(pour_), 10)});
  StackId joined_there = of_handler;
  made_up.handler = [&] { joined_there = stacks->join(depot, of_handler, *python_); };
  const StackId joined = stacks->join(depot, stack, *python_);
  Address frames[8], there[8];
  ASSERT_EQ(depot.get(joined, frames, 8), 3u);
  ASSERT_EQ(depot.get(joined_there, there, 8), 2u);
  EXPECT_EQ(there[1], frames[2]);
  EXPECT_EQ(stacks->join(depot, of_handler, *python_), joined_there);
  depot.close();
}

TEST_P(PythonTest, AreJoinedWithoutMemoryToRememberIt) {
  StackDepot depot;
  ASSERT_TRUE(depot.open());
  const Address machine[] = {1000, 2000};
  const StackId stack = depot.put(machine, 2);
  const auto stacks = std::make_unique<PythonStacks>();
  run({&frame(code(pour_), 10)});
  rlimit usual;
  ASSERT_EQ(::getrlimit(RLIMIT_AS, &usual), 0);
  const rlimit none{0, usual.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_AS, &none), 0);
  errno = 0;
  const StackId joined = stacks->join(depot, stack, *python_);
  const int error = errno;
  ASSERT_EQ(::setrlimit(RLIMIT_AS, &usual), 0);
  EXPECT_EQ(error, 0);
  Address frames[8];
  EXPECT_EQ(depot.get(joined, frames, 8), 3u);
  EXPECT_EQ(stacks->join(depot, stack, *python_), joined) << "with memory";
  depot.close();
}

TEST(PythonVersionTest, WhatIsNotKnownHasALockAndNoFrames) {
  made_up = {"", false, nullptr, nullptr, 0, {}};
  for (const char* version : {"3.10.9", "3.14.0", "3", "2.11.0", "4.12.1", "3,12", "312.0", ""}) {
    made_up.version = version;
    const auto python = std::make_unique<Python>();
    python->find();
    EXPECT_TRUE(python->found()) << version;
    EXPECT_FALSE(python->lock_held()) << version;
    EXPECT_FALSE(python->has_frames()) << version;
  }
}

TEST(PythonVersionTest, AFreeThreadedOneHasNothingToHold) {
  made_up = {"3.13.0 experimental free-threading build", false, nullptr, nullptr, 0, {}};
  const auto python = std::make_unique<Python>();
  python->find_at_start();
  EXPECT_FALSE(python->found());
  EXPECT_TRUE(python->lock_held());
}

TEST(PythonVersionTest, IsFoundBeforeMain) {
  for (const char* version : {"3.11.2", "3.12.1", "3.13.0"}) {
    made_up = {version, true, nullptr, nullptr, 0, {}};
    const auto python = std::make_unique<Python>();
    EXPECT_TRUE(python->lock_held()) << "not looked for yet";
    EXPECT_FALSE(python->has_frames());
    python->find_at_start();
    EXPECT_TRUE(python->has_frames()) << version;
  }
}

}  // namespace
}  // namespace arenite
