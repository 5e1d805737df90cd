// SPDX-License-Identifier: MIT
// P26: runs every heap program of the folders named against the reference model, for a tool that
// watches memory meanwhile (CMake runs it under Valgrind's memcheck). `--stray` reads a byte behind
// pages instead, which such a tool must tell.
//
// Exit 0: no divergence. 1: the first one is told, or there was no program. 64: usage.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string_view>

#include "proptests/model/any_form.hpp"
#include "proptests/model/run.hpp"

using namespace arenite::model;

namespace {

constexpr unsigned kAuditEvery = 8;

bool runs_well(const std::filesystem::path& path) {
  const Loaded loaded = load_any(path.string());
  if (!loaded.error.empty()) {
    std::fprintf(stderr, "%s: %s\n", path.c_str(), loaded.error.c_str());
    return false;
  }
  const Outcome outcome = run(loaded.program, {.audit_every = kAuditEvery});
  if (outcome.diverged())
    std::fprintf(stderr, "%s: %s, operation %zu: %s\n", path.c_str(),
                 outcome.divergence->property.c_str(), outcome.divergence->step,
                 outcome.divergence->what.c_str());
  return !outcome.diverged();
}

int run_folders(int count, char** folders) {
  unsigned programs = 0;
  for (int i = 0; i < count; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(folders[i])) {
      if (!runs_well(entry.path())) return 1;
      ++programs;
    }
  }
  std::printf("%u programs\n", programs);
  return programs != 0 ? 0 : 1;
}

int read_behind_pages() {
  constexpr std::size_t kBytes = 4096;
  const auto pages = std::make_unique<char[]>(kBytes);
  const volatile char* behind = pages.get() + kBytes;
  return *behind == 0 ? 0 : 1;  // NOLINT(clang-analyzer-core.UndefinedBinaryOperatorResult)
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: run_programs FOLDER... | --stray\n");
    return 64;
  }
  if (argv[1] == std::string_view("--stray")) return read_behind_pages();
  return run_folders(argc - 1, argv + 1);
}
