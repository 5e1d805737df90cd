// SPDX-License-Identifier: MIT
#include "debug/report/desk.hpp"

#include <linux/futex.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>

#include "debug/report/helper.hpp"
#include "debug/report/json.hpp"
#include "debug/report/output.hpp"

namespace arenite {

struct ReportDesk::Place {
  enum class Stage { filling, composing, sending };

  static constexpr std::size_t kTextBytes = 256 << 10;

  Report report;
  HelperScratch scratch;
  /// Read by this thread's own signal handlers, too.
  std::atomic<Stage> stage{Stage::filling};
  std::atomic<std::size_t> size{0};
  /// So much of the text is already out, as an error came in between.
  std::atomic<std::size_t> out{0};
  bool cut = false;
  char text[kTextBytes];

  static void append(void* self, const char* bytes, std::size_t count) {
    auto& place = *static_cast<Place*>(self);
    const std::size_t used = place.size.load(std::memory_order_relaxed);
    if (place.cut || count > kTextBytes - kCutBytes - used) {
      place.cut = true;
      return;
    }
    std::copy_n(bytes, count, place.text + used);
    place.size.store(used + count, std::memory_order_relaxed);
  }
  Sink sink() { return {this, &append}; }

  void begin() {
    stage.store(Stage::composing, std::memory_order_relaxed);
    size.store(0, std::memory_order_relaxed);
    out.store(0, std::memory_order_relaxed);
    cut = false;
  }

  /// The composed text, from what is out already on; what had no room is missing from a line on.
  std::string_view finish() {
    std::size_t used = size.load(std::memory_order_relaxed);
    if (cut) {
      while (used > 0 && text[used - 1] != '\n') --used;
      used = static_cast<std::size_t>(std::copy_n(kCutLine, kCutBytes, text + used) - text);
    }
    stage.store(Stage::sending, std::memory_order_relaxed);
    const std::size_t from = std::min(out.load(std::memory_order_relaxed), used);
    return {text + from, used - from};
  }

  static constexpr char kCutLine[] = "arenite: the rest of the report had no room\n";
  static constexpr std::size_t kCutBytes = sizeof kCutLine - 1;
};

namespace {

std::uint32_t own_thread() {
  return static_cast<std::uint32_t>(::syscall(SYS_gettid));
}

std::uint32_t own_process() {
  return static_cast<std::uint32_t>(::getpid());
}

void* map_place(std::size_t bytes) {
  void* place = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return place == MAP_FAILED ? nullptr : place;
}

timespec after(unsigned ms) {
  timespec time;
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  time.tv_sec += ms / 1000;
  time.tv_nsec += static_cast<long>(ms % 1000) * 1'000'000;
  if (time.tv_nsec >= 1'000'000'000) {
    ++time.tv_sec;
    time.tv_nsec -= 1'000'000'000;
  }
  return time;
}

/// Until the word is no longer `seen`, or somebody wakes this thread; false at the deadline.
bool sleep_until(std::atomic<std::uint32_t>& word, std::uint32_t seen, const timespec& deadline) {
  const long result = ::syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word),
                                FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, seen, &deadline, nullptr,
                                FUTEX_BITSET_MATCH_ANY);
  return result == 0 || errno != ETIMEDOUT;
}

void wake_one(std::atomic<std::uint32_t>& word) {
  ::syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1,
            nullptr, nullptr, 0);
}

}  // namespace

bool ReportDesk::open(const DeskSettings& settings) {
  settings_ = settings;
  process_.store(own_process(), std::memory_order_relaxed);
  if (place_ == nullptr)
    if (void* memory = map_place(sizeof(Place)); memory != nullptr) place_ = ::new (memory) Place;
  return place_ != nullptr;
}

void ReportDesk::close() {
  if (place_ != nullptr) ::munmap(place_, sizeof(Place));
  place_ = nullptr;
}

void ReportDesk::after_fork_in_child() {
  process_.store(own_process(), std::memory_order_relaxed);
  overdue_.store(0, std::memory_order_relaxed);
  owner_.store(0, std::memory_order_relaxed);
}

void ReportDesk::notice_fork() {
  std::uint32_t parent = process_.load(std::memory_order_relaxed);
  const std::uint32_t self = own_process();
  // An owner seen before is the parent's thread: nobody here can have taken the turn from it.
  std::uint32_t stale = owner_.load(std::memory_order_relaxed);
  if (parent == self || !process_.compare_exchange_strong(parent, self, std::memory_order_relaxed))
    return;
  overdue_.store(0, std::memory_order_relaxed);
  if (stale != 0 && owner_.compare_exchange_strong(stale, 0, std::memory_order_relaxed))
    wake_one(owner_);
}

ReportDesk::Wait ReportDesk::await_turn(std::uint32_t self) {
  notice_fork();
  const timespec deadline = after(settings_.turn_ms);
  if (overdue_.load(std::memory_order_relaxed) == self) return Wait::nested;
  for (;;) {
    std::uint32_t seen = 0;
    // Acquire: pairs with the release in `leave`.
    if (owner_.compare_exchange_strong(seen, self, std::memory_order_acquire,
                                       std::memory_order_relaxed))
      return Wait::turn;
    if (seen == self) return Wait::nested;
    if (!sleep_until(owner_, seen, deadline)) break;
  }
  overdue_.store(self, std::memory_order_relaxed);
  return Wait::overdue;
}

void ReportDesk::leave(std::uint32_t self) {
  std::uint32_t expected = self;
  overdue_.compare_exchange_strong(expected, 0, std::memory_order_relaxed);
  expected = self;
  // Release: pairs with the acquire in `await_turn`. A forked child has no turn to give back.
  if (owner_.compare_exchange_strong(expected, 0, std::memory_order_release,
                                     std::memory_order_relaxed))
    wake_one(owner_);
}

void ReportDesk::cut_short(const char* what) const {
  const WithoutWriteSignals without;
  const Output output(settings_.log_path, descriptor_.load(std::memory_order_relaxed));
  // What was composed until now might never be sent: this error may be the end of the process.
  if (place_ != nullptr && owner_.load(std::memory_order_relaxed) == own_thread() &&
      place_->stage.load(std::memory_order_relaxed) == Place::Stage::composing) {
    const std::size_t size = place_->size.load(std::memory_order_relaxed);
    const std::size_t out = place_->out.exchange(size, std::memory_order_relaxed);
    output.write({place_->text + out, size - out});
  }
  Text<512> line;
  line << "\narenite: another error while this thread wrote a report: " << what
       << "; it is cut short\n";
  output.write({line.data(), line.size()});
}

ReportDesk::Turn::Turn(ReportDesk& desk, const char* what)
    : desk_(desk), place_(nullptr), errno_(errno) {
  ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state_);
  const std::uint32_t self = own_thread();
  const Wait wait = desk.await_turn(self);
  if (wait == Wait::nested) {
    desk.cut_short(what);
    return;
  }
  place_ = desk.place_;
  if (wait == Wait::overdue || place_ == nullptr) {
    void* memory = map_place(sizeof(Place));
    place_ = memory == nullptr ? nullptr : ::new (memory) Place;
    own_memory_ = true;
  }
  if (place_ == nullptr) {
    Text<512> line;
    line << "arenite: no memory to report in: " << what << "\n";
    write_all(STDERR_FILENO, {line.data(), line.size()});
    desk.leave(self);
    return;
  }
  // Default-initialised: bytes that are not in use stay as they are.
  ::new (&place_->report) Report;
  place_->report.process = own_process();
  place_->stage.store(Place::Stage::filling, std::memory_order_relaxed);
}

ReportDesk::Turn::~Turn() {
  if (place_ != nullptr) desk_.leave(own_thread());
  if (place_ != nullptr && own_memory_) ::munmap(place_, sizeof(Place));
  ::pthread_setcancelstate(cancel_state_, nullptr);
  errno = errno_;
}

Report& ReportDesk::Turn::report() {
  return place_->report;
}

void ReportDesk::Turn::deliver(Ending ending) {
  const DeskSettings& settings = desk_.settings_;
  place_->begin();
  if (settings.format == ReportFormat::json) {
    print_json(place_->report, settings.names, place_->sink());
  } else {
    print_text(place_->report, settings.names, ending, place_->sink());
  }
  send();
}

void ReportDesk::Turn::deliver(const LeakReport& leaks) {
  const DeskSettings& settings = desk_.settings_;
  place_->begin();
  if (settings.format == ReportFormat::json) {
    print_leaks_json(leaks, settings.names, place_->sink());
  } else {
    print_leaks_text(leaks, settings.names, place_->sink());
  }
  send();
}

void ReportDesk::Turn::send() {
  const DeskSettings& settings = desk_.settings_;
  const std::string_view text = place_->finish();
  const WithoutWriteSignals without;
  const Output output(settings.log_path, desk_.descriptor_.load(std::memory_order_relaxed));
  // What is out in part cannot get names any more.
  if (settings.symbolizer[0] != '\0' && text.data() == place_->text) {
    const HandedOver handed = hand_to_helper(settings.symbolizer, text, output.file(),
                                             settings.symbolize_ms, place_->scratch);
    if (handed == HandedOver::written) return;
    if (handed == HandedOver::broken_off)
      output.write(
          "\narenite: the symbolizer broke off while it wrote; once more, without names:\n");
  }
  output.write(text);
}

}  // namespace arenite
