// SPDX-License-Identifier: MIT
// Counts the user instructions of malloc and free exactly, through the PLT of a preloaded library,
// by single steps; the program that is stepped is traced.cpp. *raw* is what one operation executes
// from the caller on, *empty* the same with functions that do nothing (a call pair: 9), *net* their
// difference. Means over all measured operations, refills and hand-backs included; min and max are
// single regions.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/icount/cases.hpp"
#include "bench/icount/stepper.hpp"

using namespace arenite::bench;

namespace {

constexpr char kUsage[] =
    "usage: icount [--json] [--only CASE] [NAME=LIBRARY | glibc]...\n"
    "Counts the instructions of each allocator's operations; of glibc's alone if none is named.\n";

struct Allocator {
  std::string name;
  std::string library;  // empty: the C library's own
};

struct Count {
  bool applies = false;
  std::string problem;
  std::uint64_t total = 0;
  std::size_t operations = 0;
  double min = 0;
  double max = 0;
  double empty = 0;

  double raw() const { return static_cast<double>(total) / static_cast<double>(operations); }
  double net() const { return raw() - empty; }
};

std::string traced_program() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "icount-traced";
}

Count count(const Case& what, const char* api, const std::string& library) {
  constexpr int kMoved = 3;
  const Stepped stepped = step_through({traced_program(), what.name, api}, library);
  Count result;
  if (stepped.exit_status == kMoved) {
    result.problem = "moved";
  } else if (stepped.exit_status != 0) {
    result.problem = stepped.signal != 0 ? "signal " + std::to_string(stepped.signal)
                                         : "exit " + std::to_string(stepped.exit_status);
  } else if (stepped.regions.empty()) {
    result.problem = "nothing counted";
  } else {
    const auto& regions = stepped.regions;
    const auto [least, most] = std::minmax_element(regions.begin(), regions.end());
    const auto each = static_cast<double>(what.operations);
    result.applies = true;
    result.total = std::accumulate(regions.begin(), regions.end(), std::uint64_t{0});
    result.operations = regions.size() * what.operations;
    result.min = static_cast<double>(*least) / each;
    result.max = static_cast<double>(*most) / each;
  }
  return result;
}

Count count_net(const Case& what, const Allocator& allocator) {
  const Count empty = count(what, "empty", "");
  if (!empty.applies) throw std::runtime_error("the empty allocator failed: " + empty.problem);
  Count result = count(what, "real", allocator.library);
  result.empty = empty.raw();
  return result;
}

void print_text(const Allocator& allocator, const Case& what, const Count& count) {
  if (!count.applies) {
    std::printf("%-12s %-32s %s\n", allocator.name.c_str(), what.says, count.problem.c_str());
  } else {
    std::printf("%-12s %-32s %9.2f %7.2f %9.2f %9.2f %9.2f\n", allocator.name.c_str(), what.says,
                count.raw(), count.empty, count.net(), count.min, count.max);
  }
  std::fflush(stdout);
}

void print_json(const Count& count) {
  if (!count.applies) {
    std::printf("{\"problem\": \"%s\"}", count.problem.c_str());
    return;
  }
  std::printf(
      "{\"total\": %llu, \"operations\": %zu, \"raw\": %.3f, \"empty\": %.3f, \"net\": %.3f, "
      "\"min\": %.3f, \"max\": %.3f}",
      static_cast<unsigned long long>(count.total), count.operations, count.raw(), count.empty,
      count.net(), count.min, count.max);
}

// The library must exist: the dynamic linker only warns and would count glibc instead.
Allocator parse_allocator(const std::string& argument) {
  if (argument == "glibc") return {"glibc", ""};
  const std::size_t equals = argument.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw std::invalid_argument("not NAME=LIBRARY: " + argument);
  }
  const std::filesystem::path library = argument.substr(equals + 1);
  if (!std::filesystem::is_regular_file(library)) {
    throw std::invalid_argument("no such library: " + library.string());
  }
  return {argument.substr(0, equals), std::filesystem::absolute(library)};
}

int run(int argc, char** argv) {
  bool json = false;
  std::string only;
  std::vector<Allocator> allocators;
  for (int index = 1; index < argc; ++index) {
    const std::string argument = argv[index];
    if (argument == "-h" || argument == "--help") return std::fputs(kUsage, stdout), 0;
    if (argument == "--json") {
      json = true;
    } else if (argument == "--only" && index + 1 < argc) {
      only = argv[++index];
    } else {
      allocators.push_back(parse_allocator(argument));
    }
  }
  if (allocators.empty()) allocators.push_back({"glibc", ""});
  std::vector<Case> cases;
  for (const Case& what : kCases) {
    if (only.empty() || only == what.name) cases.push_back(what);
  }
  if (cases.empty()) throw std::invalid_argument("no such case: " + only);

  if (json) {
    std::printf("{");
  } else {
    std::printf("%-12s %-32s %9s %7s %9s %9s %9s\n", "allocator", "operation", "raw", "empty",
                "net", "min raw", "max raw");
  }
  const char* allocator_separator = "";
  for (const Allocator& allocator : allocators) {
    if (json) std::printf("%s\n\"%s\": {", allocator_separator, allocator.name.c_str());
    allocator_separator = ",";
    const char* case_separator = "";
    for (const Case& what : cases) {
      const Count counted = count_net(what, allocator);
      if (json) {
        std::printf("%s\n  \"%s\": ", case_separator, what.name);
        print_json(counted);
      } else {
        print_text(allocator, what, counted);
      }
      case_separator = ",";
    }
    if (json) std::printf("\n}");
  }
  if (json) std::printf("\n}\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "icount: %s\n%s", error.what(), kUsage);
    return 64;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "icount: %s\n", error.what());
    return 1;
  }
}
