// SPDX-License-Identifier: MIT
// Which slow paths the process gets: by ARENITE_OPTIONS, or by what the program itself says through
// `arenite_default_options`. Runs at the first request, perhaps before the C library is ready.
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cstring>

#include "debug/modes/annotated.hpp"
#include "debug/modes/forwarded.hpp"
#include "debug/modes/layer.hpp"
#include "debug/modes/say.hpp"
#include "debug/modes/serve.hpp"
#include "frontend/process/process_heap.hpp"

extern "C" [[gnu::weak]] const char* arenite_default_options();

namespace arenite {
namespace {

constexpr std::string_view kVariable = "ARENITE_OPTIONS=";
constexpr std::size_t kMaxTextBytes = 4096;

/// The environment as the process got it, where the C library does not know it yet.
std::string_view find_in_file(char* buffer, std::size_t capacity) {
  const int file = ::open("/proc/self/environ", O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  // A window over the file in which each variable that begins is looked at.
  std::size_t held = 0;
  bool at_begin = true;
  std::string_view found;
  for (char byte; found.empty() && ::read(file, &byte, 1) == 1;) {
    if (byte != '\0' && at_begin && held < capacity) buffer[held++] = byte;
    if (held == kVariable.size() && std::string_view(buffer, held) != kVariable) at_begin = false;
    if (byte != '\0') continue;
    if (at_begin && held >= kVariable.size()) found = {buffer, held};
    held = 0;
    at_begin = true;
  }
  ::close(file);
  return found;
}

std::string_view environment_text(char* buffer, std::size_t capacity) {
  if (::environ == nullptr) {
    const std::string_view found = find_in_file(buffer, capacity);
    return found.empty()
               ? found
               : std::string_view(found.data() + kVariable.size(), found.size() - kVariable.size());
  }
  for (char** variable = ::environ; *variable != nullptr; ++variable)
    if (std::strncmp(*variable, kVariable.data(), kVariable.size()) == 0)
      return *variable + kVariable.size();
  return {};
}

void complain(void*, const char* line) {
  Text<1024> text;
  text << "ARENITE_OPTIONS: " << line;
  say(text.c_str());
}

void read_all_options() {
  if (&arenite_default_options != nullptr)
    if (const char* text = arenite_default_options())
      read_options(text, layer.options, complain, nullptr);
  // A program with more rights than its user takes no orders from the environment.
  if (::getauxval(AT_SECURE) != 0) return;
  char buffer[kMaxTextBytes];
  read_options(environment_text(buffer, sizeof buffer), layer.options, complain, nullptr);
}

std::uint64_t draw_seed() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const auto ticks = static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
                     static_cast<std::uint64_t>(now.tv_nsec);
  return (mix(ticks, static_cast<std::uint64_t>(::getpid())) >> 32) | 1;
}

constexpr char kReplaced[] =
    "ARENITE_OPTIONS has no effect: Valgrind has put its own malloc in the place of this one; with "
    "--soname-synonyms=somalloc=nouserintercepts it leaves it there";

const char* name_of(Mode mode) {
  switch (mode) {
    case Mode::sample:
      return "sample";
    case Mode::debug:
      return "debug";
    case Mode::page:
      return "page";
    case Mode::fast:
      break;
  }
  return "fast";
}

}  // namespace

const Interceptor& choose_slow_paths() {
  read_all_options();
  if (layer.options.help) print_option_help([](void*, const char* line) { say(line); }, nullptr);
  layer.annotator = &annotator_of_process();
  if (malloc_is_replaced()) {
    if (!layer.options.nothing()) say(kReplaced);
    return forwarding_slow_paths;
  }
  if (layer.annotator->watched) suit_tool(*layer.annotator, layer.options);
  if (layer.options.mode == Mode::sample && layer.options.fails()) {
    say("mode=sample is off: it does not go with requests that fail");
    layer.options.mode = Mode::fast;
  }
  if (layer.options.nothing()) return plain_slow_paths;
  layer.seed = layer.options.seed != 0 ? layer.options.seed : draw_seed();
  layer.mode = name_of(layer.options.mode);
  print_options(layer.options, layer.settings, sizeof layer.settings);
  if (layer.annotator->watched) return annotated_slow_paths;
  return layer.options.mode == Mode::sample ? sampling_slow_paths : diverting_slow_paths;
}

}  // namespace arenite
