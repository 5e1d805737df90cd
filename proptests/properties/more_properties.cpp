// SPDX-License-Identifier: MIT
// Properties of whole programs beyond the model's: P11, P14, P15 and P25 of the heap, P12 and P18
// of the guard heap, P20 to P22 of the audit and of snapshots; over three geometries. As in
// heap_vs_model.cpp, the program is in a file before it runs, and RC_PARAMS overrides the cases.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "debug/audit/finding_line.hpp"
#include "debug/memory/cannot_tell.hpp"
#include "debug/snapshot/heap_stretches.hpp"
#include "debug/snapshot/reader.hpp"
#include "debug/snapshot/writer.hpp"
#include "proptests/model/heap_audit.hpp"
#include "proptests/model/hostile_audit.hpp"
#include "proptests/model/run_guarded.hpp"
#include "proptests/properties/programs.hpp"

namespace arenite::model {
namespace {

[[maybe_unused]] const int kParametersSet = ::setenv("RC_PARAMS", "max_success=300 seed=1", 0);

Divergence broken(const char* property, const std::string& what) {
  return {0, property, what};
}

// ---- P11: a free by another thread is a free ----

Outcome remote_frees_are_frees(const Program& program) {
  Program local = program, remote = program;
  for (std::size_t i = 0; i < program.operations.size(); ++i) {
    const Kind kind = program.operations[i].kind;
    if (kind != Kind::free && kind != Kind::remote_free) continue;
    local.operations[i].kind = Kind::free;
    local.operations[i] = canonical(local.operations[i], program.configuration.slots());
    remote.operations[i].kind = Kind::remote_free;
    // A thread that is there from the start; whether it still is, both programs would have to ask.
    set(remote.operations[i], field::thread, 0);
  }
  for (Program* one : {&local, &remote})
    std::erase_if(one->operations, [](const Operation& operation) {
      return operation.kind == Kind::detach || operation.kind == Kind::fail_os ||
             operation.kind == Kind::reopen;
    });
  Outcome first = run(local, {.audit_every = 8});
  if (first.diverged()) return first;
  Outcome second = run(remote, {.audit_every = 8});
  if (second.diverged()) return second;
  const auto frees = [](const Outcome& outcome) {
    return outcome.executed[static_cast<std::size_t>(Kind::free)] +
           outcome.executed[static_cast<std::size_t>(Kind::remote_free)];
  };
  // What is freed elsewhere lies elsewhere until it is wanted, so a heap that runs full may have
  // room for one request in the one run and for another in the other.
  const bool all_served =
      local.configuration.first_refusal == 0 && first.unserved == 0 && second.unserved == 0;
  if (all_served && frees(first) != frees(second))
    second.divergence = broken("P11", "another number of blocks was freed");
  return second;
}

// ---- P14: what was used is enough for the same again ----
// Not at once: which pools threads stay attached to between the rounds has to settle first.

/// Remembers how much is committed at each look.
struct Meter {
  std::vector<std::uint64_t>* readings;
  template <class Heap>
  std::string operator()(const Heap& heap) const {
    readings->push_back(heap.root().range.committed.load(std::memory_order_relaxed));
    return "";
  }
};

Outcome repeating_maps_nothing(const Program& program) {
  Program repeated = program;
  repeated.configuration.threads = 1;
  repeated.configuration.first_refusal = repeated.configuration.refusals = 0;
  std::erase_if(repeated.operations, [](const Operation& operation) {
    return operation.kind == Kind::attach || operation.kind == Kind::detach ||
           operation.kind == Kind::fail_os || operation.kind == Kind::reopen ||
           operation.kind == Kind::audit || operation.kind == Kind::double_free_late;
  });
  for (std::uint32_t slot = 0; slot < program.configuration.slots(); slot += 128) {
    Operation all{.kind = Kind::batch_free, .slot = static_cast<std::uint16_t>(slot)};
    set(all, field::count, 128);
    repeated.operations.push_back(all);
  }
  repeated.operations.push_back({.kind = Kind::hand_back});
  repeated.operations.push_back({.kind = Kind::audit});
  const std::vector<Operation> once = repeated.operations;
  for (int i = 0; i < 7; ++i)
    repeated.operations.insert(repeated.operations.end(), once.begin(), once.end());
  std::vector<std::uint64_t> readings;
  Outcome outcome = run_with(repeated, {}, Meter{&readings}, NoObserver{});
  if (!outcome.diverged() && readings.size() >= 8 && readings[7] > readings[4])
    outcome.divergence = broken("P14", "a program that ran five times maps more the eighth: " +
                                           std::to_string(readings[7] - readings[4]) + " bytes");
  return outcome;
}

// ---- P15: the same program, the same places ----

struct Places {
  std::vector<std::uint64_t>* offsets;
  template <class Heap>
  void allocated(const Heap& heap, std::size_t, Address at) const {
    offsets->push_back(at - heap.root().range.address);
  }
  template <class Heap>
  void freed(const Heap&, Address) const {}
};

Outcome runs_are_alike(const Program& program) {
  std::vector<std::uint64_t> first, second;
  run_with(program, {}, NoAudit{}, Places{&first});
  // Another buffer behind the pages would be another address; what is compared are offsets.
  Outcome outcome = run_with(program, {}, NoAudit{}, Places{&second});
  if (first != second) outcome.divergence = broken("P15", "blocks lie elsewhere the second time");
  return outcome;
}

// ---- P25: a child forked at any time has a sound heap ----

struct ForkedLook {
  template <class Heap>
  std::string operator()(const Heap& heap) const {
    auto& mine = const_cast<Heap&>(heap);
    mine.lock_all();
    const pid_t child = ::fork();
    if (child == 0) {
      mine.after_fork_in_child(0);
      ::_exit(HeapAudit{}(heap).empty() ? 0 : 1);
    }
    mine.unlock_all();
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child) return "there is no child";
    return status == 0 ? "" : "the audit of a forked child finds something";
  }
};

// ---- P20 to P22: snapshots ----

std::string audit_through(const auto& view, Address root) {
  static thread_local AuditResult result;
  std::string lines;
  Findings findings(
      [](void* to, const Finding& finding) {
        FindingLine line;
        write_finding(finding, line);
        *static_cast<std::string*>(to) += std::string(line.c_str()) + "\n";
      },
      &lines);
  audit_heap(view, AuditSubject{root, nullptr, {}, {}}, findings, result);
  return lines + "end " + std::to_string(static_cast<unsigned>(result.end));
}

std::vector<char> read_all(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_all(const std::string& path, const std::vector<char>& bytes, std::size_t count) {
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(count));
}

bool is_refused(const std::string& path) {
  try {
    return !snapshot::Reader(path).damage().empty();
  } catch (const CannotTell&) {
    return true;
  }
}

/// Takes a snapshot at each look; damages it by the numbers given.
struct SnapshotLook {
  std::uint64_t number;

  template <class Heap>
  std::string operator()(const Heap& heap) const {
    const std::string path =
        ::testing::TempDir() + "/properties." + std::to_string(::getpid()) + ".snapshot";
    const std::string wrong = look(reinterpret_cast<Address>(&heap.root()), path);
    std::filesystem::remove(path);
    return wrong;
  }

 private:
  static void save(const auto& view, const HeapPlan& plan, const std::string& path) {
    snapshot::Writer writer(path);
    writer.begin({});
    for (const Region& stretch : snapshot::heap_stretches(plan, false))
      writer.memory(view, stretch);
    writer.finish();
  }

  std::string look(Address root, const std::string& path) const {
    static thread_local AuditResult result;
    Findings findings([](void*, const Finding&) {}, nullptr);
    audit_heap(OwnMemory{}, AuditSubject{root, nullptr, {}, {}}, findings, result);
    const HeapPlan plan = result.plan;
    save(OwnMemory{}, plan, path);
    const std::vector<char> bytes = read_all(path);
    {
      const snapshot::Reader reader(path);
      if (!reader.damage().empty()) return "a fresh snapshot is damaged: " + reader.damage();
      if (audit_through(reader, root) != audit_through(OwnMemory{}, root))
        return "the snapshot audits otherwise than the heap";
      save(reader, plan, path + ".again");
      const bool same = read_all(path + ".again") == bytes;
      std::filesystem::remove(path + ".again");
      if (!same) return "saved again it is another file";
    }
    write_all(path, bytes, number % bytes.size());
    if (!is_refused(path))
      return "cut short to " + std::to_string(number % bytes.size()) + " it passes";
    std::vector<char> flipped = bytes;
    flipped[number / 8 % bytes.size()] ^= static_cast<char>(1u << number % 8);
    write_all(path, flipped, flipped.size());
    if (!is_refused(path)) return "with a bit flipped it passes";
    return "";
  }
};

Program few_looks(Program program) {
  std::size_t looks = 0;
  std::erase_if(program.operations, [&looks](const Operation& operation) {
    return operation.kind == Kind::audit && ++looks > 2;
  });
  return program;
}

template <class Run>
void for_each_geometry(const char* property, Kinds kinds, Run run) {
  for (const auto geometry : {GeometryName::tiny, GeometryName::classic, GeometryName::production})
    holds(property, *programs(geometry, kinds), run);
}

RC_GTEST_PROP(Properties, p11_remote_frees_are_frees, ()) {
  for_each_geometry("p11", Kinds::of_heaps, remote_frees_are_frees);
}

RC_GTEST_PROP(Properties, p12_p18_guarded_heaps_tell_of_misuse_and_of_nothing_else, ()) {
  for_each_geometry("p12_p18", Kinds::of_guarded_heaps, [](const Program& program) {
    return run_guarded(program, {.audit_every = 16});
  });
}

RC_GTEST_PROP(Properties, p14_repeating_maps_nothing, ()) {
  for_each_geometry("p14", Kinds::of_heaps, repeating_maps_nothing);
}

RC_GTEST_PROP(Properties, p15_runs_are_alike, ()) {
  for_each_geometry("p15", Kinds::of_heaps, runs_are_alike);
}

RC_GTEST_PROP(Properties, p20_audits_of_damaged_heaps_end, ()) {
  for_each_geometry("p20", Kinds::all, [](const Program& program) {
    HostileCounts counts;
    return run_with(program, {.audit_every = 16}, HostileAudit(program, counts), NoObserver{});
  });
}

RC_GTEST_PROP(Properties, p21_p22_snapshots, ()) {
  const auto number = *rc::gen::arbitrary<std::uint64_t>();
  holds("p21_p22", few_looks(*programs(GeometryName::tiny)), [number](const Program& program) {
    return run_with(program, {}, SnapshotLook{number}, NoObserver{});
  });
}

RC_GTEST_PROP(Properties, p25_a_forked_child_has_a_sound_heap, ()) {
  // A fork costs as much as many programs.
  static unsigned cases = 0;
  if (++cases % 8 != 0) return;
  const auto geometry = *rc::gen::element(GeometryName::tiny, GeometryName::classic);
  holds("p25", few_looks(*programs(geometry)),
        [](const Program& program) { return run_with(program, {}, ForkedLook{}, NoObserver{}); });
}

TEST(Properties, meters_and_places_see_the_heap) {
  const Program program = parse_text("allocate slot=0 size=tiny:9\naudit\n").program;
  std::vector<std::uint64_t> readings, offsets;
  run_with(program, {}, Meter{&readings}, Places{&offsets});
  EXPECT_GE(readings.size(), 2u);
  EXPECT_EQ(offsets.size(), 1u);
}

}  // namespace
}  // namespace arenite::model
