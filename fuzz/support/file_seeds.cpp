// SPDX-License-Identifier: MIT
// Writes seeds for the readers of files: file_seeds snapshot|core FOLDER COUNT. Each is of a tiny
// heap after a program made by chance, taken before its blocks are freed.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "debug/audit/audit.hpp"
#include "debug/snapshot/heap_stretches.hpp"
#include "debug/snapshot/writer.hpp"
#include "fuzz/support/core_image.hpp"
#include "geometry/tiny.hpp"
#include "layout/own_memory.hpp"
#include "proptests/model/random_program.hpp"
#include "proptests/model/session.hpp"

namespace {

using namespace arenite;

struct Destination {
  bool core;
  std::string path;
};

void write_snapshot(const std::string& path, const HeapPlan& plan) {
  snapshot::Writer writer(path);
  snapshot::FileHeader header{};
  header.fingerprint = plan.root.fingerprint;
  header.pid = 7;
  writer.begin(header);
  char site[64];
  std::snprintf(site, sizeof site, "%llx", static_cast<unsigned long long>(plan.root_address));
  writer.text(snapshot::Kind::facts,
              std::string("command seed\nthreads 1 2\nheap ") + site + " - /lib/module.so\n");
  writer.text(snapshot::Kind::mappings, "00400000-00452000 r-xp 00000000 08:02 173 /bin/seed\n");
  for (const Region& stretch : snapshot::heap_stretches(plan, false))
    writer.memory(OwnMemory{}, stretch);
  writer.finish();
}

void write_core(const std::string& path, const HeapPlan& plan) {
  fuzz::CoreImage image;
  image.add_thread(7);
  image.add_thread(9);
  image.add_module(0x7f0000000000, plan.root_address, "/lib/module.so");
  for (const Region& stretch : snapshot::heap_stretches(plan, false)) image.add_memory(stretch);
  const auto bytes = image.bytes();
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr || std::fwrite(bytes.data(), 1, bytes.size(), file) != bytes.size() ||
      std::fclose(file) != 0)
    throw std::runtime_error("cannot write " + path);
}

/// A hook of the executor: writes the heap as it is when it is first looked at.
struct Photographer {
  const Destination* to;
  template <class Heap>
  std::string operator()(const Heap& heap) const {
    static thread_local AuditResult result;
    const auto at = reinterpret_cast<Address>(&heap.root());
    Findings findings([](void*, const Finding&) {}, nullptr);
    audit_heap(OwnMemory{}, AuditSubject{at, nullptr, {}, {}}, findings, result);
    (to->core ? write_core : write_snapshot)(to->path, result.plan);
    return "taken";
  }
};

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc == 4 ? argv[1] : "";
  if (what != "snapshot" && what != "core") {
    std::fputs("usage: file_seeds snapshot|core FOLDER COUNT\n", stderr);
    return 64;
  }
  const unsigned long count = std::strtoul(argv[3], nullptr, 10);
  for (unsigned long seed = 0; seed < count; ++seed) {
    model::Random random(seed);
    const model::Program program =
        model::random_program(random, model::GeometryName::tiny, 10 + 4 * seed);
    const Destination to{what == "core", std::string(argv[2]) + "/seed-" + std::to_string(seed)};
    model::Program without = program;
    std::erase_if(without.operations,
                  [](const auto& operation) { return operation.kind == model::Kind::audit; });
    model::run_on<model::ModelHeap<Tiny>>(without, {}, Photographer{&to});
  }
  std::printf("%lu seeds in %s\n", count, argv[2]);
  return 0;
}
