// SPDX-License-Identifier: MIT
// The grammar: decoding is total and frozen, and every form of a program gives the same program
// back.
#include <cstdio>
#include <fstream>
#include <sstream>
#include <vector>

#include <gtest/gtest.h>

#include "geometry/tiny.hpp"
#include "layout/fingerprint.hpp"
#include "proptests/model/cxx.hpp"
#include "proptests/model/fields.hpp"
#include "proptests/model/hop_file.hpp"
#include "proptests/model/op_table.hpp"
#include "proptests/model/random_program.hpp"
#include "proptests/model/size_code.hpp"
#include "proptests/model/text.hpp"

namespace arenite::model {
namespace {

std::vector<std::uint8_t> random_bytes(Random& random) {
  std::vector<std::uint8_t> bytes(random.below(400));
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.next());
  return bytes;
}

constexpr int kPrograms = 2000;

TEST(OpTable, is_frozen) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (Kind kind : kKindOfByte) hash = (hash ^ static_cast<std::uint8_t>(kind)) * 0x100000001b3;
  // A kind that was given reserved entries changes this number, and nothing else may.
  EXPECT_EQ(hash, 0xe438a33a39cef5ac) << std::hex << hash;
}

TEST(OpTable, has_every_kind) {
  for (std::size_t i = 0; i < kKinds; ++i)
    EXPECT_EQ(static_cast<std::size_t>(kKindOfByte[kByteOfKind[i]]), i);
}

TEST(Program, any_bytes_are_one) {
  Random random(1);
  for (int i = 0; i < kPrograms; ++i) {
    const auto bytes = random_bytes(random);
    const Program program = decode(bytes);
    EXPECT_EQ(program.operations.size(), bytes.size() < 8 ? 0 : bytes.size() / 8 - 1);
    EXPECT_EQ(decode(encode(program)), program);
  }
}

TEST(Program, operations_come_out_canonical) {
  Random random(2);
  for (int i = 0; i < kPrograms; ++i) {
    const Program program = decode(random_bytes(random));
    for (const Operation& operation : program.operations) {
      EXPECT_EQ(canonical(operation, program.configuration.slots()), operation);
      EXPECT_LT(operation.slot, program.configuration.slots());
    }
  }
}

TEST(Program, the_configuration_record_is_frozen) {
  const std::uint8_t body[] = {0x17, 0x82, 0x02, 0, 5, 0, 9, 1};
  const Configuration configuration = decode(body).configuration;
  EXPECT_EQ(configuration.geometry, GeometryName::production);
  EXPECT_EQ(configuration.arenas, 3);
  EXPECT_EQ(configuration.threads, 3);
  EXPECT_TRUE(configuration.diverted);
  EXPECT_EQ(configuration.slots(), 128u);
  EXPECT_EQ(configuration.first_refusal, 5);
  EXPECT_EQ(configuration.refusals, 0x109);
  EXPECT_EQ(configuration.schedule_seed, 0);
}

TEST(Program, the_seed_of_the_schedule_lies_in_what_was_free) {
  const std::uint8_t body[] = {0x17, 0xfe, 0xfe, 0, 5, 0, 9, 1};
  Program program = decode(body);
  EXPECT_EQ(program.configuration.schedule_seed, kMostScheduleSeed);
  EXPECT_EQ(encode(program), std::vector<std::uint8_t>(std::begin(body), std::end(body)));
  program.configuration.schedule_seed = 0;
  const std::uint8_t without[] = {0x17, 0x82, 0x02, 0, 5, 0, 9, 1};
  EXPECT_EQ(encode(program), std::vector<std::uint8_t>(std::begin(without), std::end(without)));
  for (unsigned seed = 1; seed <= kMostScheduleSeed; seed *= 2) {
    program.configuration.schedule_seed = static_cast<std::uint16_t>(seed);
    EXPECT_EQ(decode(encode(program)), program) << seed;
    EXPECT_EQ(parse_text(to_text(program)).program, program) << seed;
  }
}

TEST(SizeCode, round_trip) {
  Random random(3);
  for (int i = 0; i < 100 * kPrograms; ++i) {
    const std::uint32_t size = canonical_size(static_cast<std::uint32_t>(random.next()));
    EXPECT_EQ(SizeCode::decode(size).encode(), size);
    EXPECT_EQ(parse_size(size_text(size)), size);
  }
}

TEST(SizeCode, bytes) {
  const auto bytes = [](const char* text) {
    return bytes_of<Tiny>(SizeCode::decode(parse_size(text).value()));
  };
  EXPECT_EQ(bytes("tiny:13"), 13u);
  EXPECT_EQ(bytes("uniform:1025"), 0u);
  EXPECT_EQ(bytes("class:0-3"), 13u);
  EXPECT_EQ(bytes("class:8+3"), 515u);
  EXPECT_EQ(bytes("class:9+0"), 16u);
  EXPECT_EQ(bytes("pages:0-1"), 0u);
  EXPECT_EQ(bytes("pools:3+1"), 6145u);
  EXPECT_EQ(bytes("arenas:1+0"), 131072u);
  EXPECT_EQ(bytes("huge:0+0"), SIZE_MAX - 0);
  EXPECT_EQ(bytes("huge:255+0"), SIZE_MAX - (std::size_t{15} << 60));
}

TEST(SizeCode, what_is_none) {
  for (const char* text : {"", "tiny", "tiny:", "tiny:128", "tiny:1+1", "class:1", "class:1+4",
                           "class:128+0", "pools:256+0", "books:1+0", "uniform:1048576"})
    EXPECT_FALSE(parse_size(text)) << text;
}

TEST(Text, round_trip) {
  Random random(4);
  for (int i = 0; i < kPrograms; ++i) {
    const Program program = decode(random_bytes(random));
    const Loaded again = parse_text(to_text(program));
    EXPECT_EQ(again.error, "");
    EXPECT_EQ(again.program, program);
  }
}

TEST(Text, is_lenient_about_layout) {
  const Loaded loaded =
      parse_text("# made by hand\n\n  allocate size=tiny:9 slot=3 # nine\nfree slot=3");
  EXPECT_EQ(loaded.error, "");
  EXPECT_EQ(
      to_text(loaded.program),
      "configure geometry=tiny arenas=1 threads=1 diverted=0 slots=8 first_refusal=0 refusals=0\n"
      "allocate slot=3 size=tiny:9\nfree slot=3\n");
}

TEST(Text, says_what_it_does_not_understand) {
  EXPECT_EQ(parse_text("free slot=1\nfere slot=1").error, "line 2: not an operation: fere");
  EXPECT_EQ(parse_text("free slot=8").error, "line 1: not understood: slot=8");
  EXPECT_EQ(parse_text("free size=tiny:1").error, "line 1: not understood: size=tiny:1");
  EXPECT_EQ(parse_text("allocate_aligned alignment=3").error,
            "line 1: not understood: alignment=3");
  EXPECT_EQ(parse_text("configure slots=9").error, "line 1: not understood: slots=9");
  EXPECT_EQ(parse_text("trim\nconfigure").error,
            "line 2: configure stands before the first operation");
}

TEST(HopFile, round_trip) {
  Random random(5);
  const std::string path = testing::TempDir() + "round_trip.hop";
  const Program program = random_program(random, GeometryName::classic, 30);
  ASSERT_TRUE(save(path, program));
  const Loaded loaded = load(path);
  EXPECT_EQ(loaded.error, "");
  EXPECT_EQ(loaded.program, program);
  std::remove(path.c_str());
  EXPECT_EQ(load(path).error, "cannot be opened");
}

TEST(HopFile, a_bare_body_is_accepted) {
  Random random(6);
  const Program program = random_program(random, GeometryName::tiny, 30);
  const Loaded loaded = unpack(encode(program));
  EXPECT_EQ(loaded.error, "");
  EXPECT_EQ(loaded.program, program);
}

TEST(HopFile, a_changed_container_is_refused) {
  Random random(7);
  const auto bytes = pack(random_program(random, GeometryName::tiny, 4));
  for (std::size_t i = 8; i < bytes.size(); ++i) {
    if (i >= 12 && i < 16) continue;  // reserved
    auto changed = bytes;
    changed[i] ^= 1;
    EXPECT_NE(unpack(changed).error, "") << "byte " << i;
  }
  for (std::size_t length = 8; length < bytes.size(); ++length)
    EXPECT_NE(unpack(std::span(bytes).first(length)).error, "") << "length " << length;
}

// The text of cxx_sample_test.cpp, which is compiled into this binary and run: what to_cxx writes
// is a test.
TEST(Cxx, sample_is_up_to_date) {
  const Loaded sample = parse_text(
      "configure geometry=tiny arenas=2 threads=2 slots=32 first_refusal=9 refusals=1\n"
      "allocate slot=0 size=class:3-1\n"
      "allocate_zeroed slot=1 size=pools:2+1\n"
      "allocate_aligned slot=2 size=tiny:9 alignment=256\n"
      "reallocate slot=1 size=pools:9+0\n"
      "batch_allocate slot=8 count=40 size=tiny:30\n"
      "remote_free slot=2 thread=1\n"
      "switch_thread thread=1\n"
      "batch_free slot=8 count=12 skip=1 backward=1\n"
      "rewrite slot=0\n"
      "check_all\n"
      "audit\n"
      "detach thread=0\n"
      "attach thread=3 diverted=1\n"
      "hand_back\n"
      "fail_os after=0 refusals=1\n"
      "trim\n"
      "free_interior slot=0 via=usable_size offset=4\n"
      "free_foreign via=free place=beyond distance=0\n"
      "free_foreign via=reallocate place=tables distance=8\n"
      "free slot=0\n"
      "free_null\n"
      "reopen\n"
      "allocate slot=5 size=pools:3+0\n"
      "double_free slot=5\n"
      "allocate slot=6 size=tiny:1\n"
      "double_free_late slot=6\n");
  ASSERT_EQ(sample.error, "");
  std::ifstream file(ARENITE_CXX_SAMPLE);
  std::stringstream text;
  text << file.rdbuf();
  const std::string written = to_cxx(sample.program, "sample");
  if (text.str() != written) std::ofstream("cxx_sample_test.cpp") << written;
  EXPECT_EQ(text.str(), written) << "what it should be is in ./cxx_sample_test.cpp";
}

}  // namespace
}  // namespace arenite::model
