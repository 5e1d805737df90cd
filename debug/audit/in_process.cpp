// SPDX-License-Identifier: MIT
#include "debug/audit/in_process.hpp"

#include <time.h>

#include <algorithm>
#include <new>

#include "debug/audit/audit.hpp"
#include "debug/memory/in_process_view.hpp"
#include "debug/memory/mappings.hpp"

namespace arenite {
namespace {

/// A block on its way is seen at the same spot in the same state once in a few looks at the most;
/// in this many running, hardly ever.
constexpr unsigned kLooks = 16;
/// A thread that lost its processor inside an operation stays there for as long as others want to
/// run. So many looks wait for it; a lock held longer than that says nothing any more.
constexpr unsigned kPatience = 1000;
constexpr timespec kPause{0, 1'000'000};

/// What makes a finding of one look the same as one of another.
struct Key {
  Invariant invariant;
  Subject subject;
  std::uint64_t number;
  Address address;
  bool operator==(const Key&) const = default;
};

class KeySet {
 public:
  void clear() { size_ = 0; }
  std::size_t size() const { return size_; }
  void add(const Key& key) {
    if (size_ < kCapacity) keys_[size_++] = key;
  }
  bool holds(const Key& key) const { return std::find(keys_, keys_ + size_, key) != keys_ + size_; }

 private:
  static constexpr std::size_t kCapacity = kInvariantCount * Findings::kDefaultLimit;
  Key keys_[kCapacity];
  std::size_t size_ = 0;
};

/// The audit's working memory, too large for a small thread's stack.
class InProcessAudit {
 public:
  InProcessAudit(const void* root, Findings::Sink sink, void* context)
      : root_(reinterpret_cast<Address>(root)), sink_(sink), context_(context) {}

  std::uint64_t run() {
    for (unsigned look = 1;;) {
      const bool last = look == kLooks;
      before_ = now_;
      now_.clear();
      disturbed_ = false;
      first_look_ = look == 1;
      reporting_ = last;
      const std::uint64_t trouble = audit();
      if (last) return now_.size() + trouble;
      if (disturbed_)
        now_ = before_;
      else if (now_.size() == 0 && trouble == 0)
        return 0;
      else
        ++look;
      ::nanosleep(&kPause, nullptr);
    }
  }

 private:
  static constexpr std::size_t kMaxRegions = 4096;

  /// One look. Returns how many obstacles it met: memory that should be there and is not.
  std::uint64_t audit() {
    Regions regions(storage_, kMaxRegions);
    find_regions(regions);
    const InProcessView view(regions);
    Findings findings(&InProcessAudit::take, this);
    AuditSubject subject;
    subject.root = root_;
    if (mapped_) subject.accessible = &regions;
    audit_heap(view, subject, findings, result_);
    const char* obstacle = result_.end == AuditEnd::no_memory ? "no memory to audit in"
                           : findings.unreadable_count() != 0 ? "memory of the heap is not readable"
                                                              : nullptr;
    if (obstacle == nullptr) return 0;
    if (reporting_)
      sink_(context_, {Invariant::S2, {Subject::root, 0, findings.first_unreadable()}, obstacle});
    return 1;
  }

  /// The process's readable memory where the heap says it lies; if the system does not tell, what
  /// the root says is believed.
  void find_regions(Regions& regions) {
    OwnMemory::copy(root_, &result_.plan.root, sizeof result_.plan.root);
    const HeapRoot<Remote>& root = result_.plan.root;
    const Address heap_end = root.reservation + root.reservation_bytes;
    const Address root_end = root_ + sizeof root;
    mapped_ = false;
    MappingReader mappings("/proc/self/maps", buffer_);
    for (Mapping mapping; mappings.next(mapping); mapped_ = true) {
      const bool ours = (mapping.begin < heap_end && mapping.end > root.reservation) ||
                        (mapping.begin < root_end && mapping.end > root_);
      if (ours && mapping.readable) regions.add(mapping.begin, mapping.end);
    }
    if (!mapped_) believe(root, regions);
  }

  void believe(const HeapRoot<Remote>& root, Regions& regions) const {
    const bool root_first = root_ < root.reservation;
    if (root_first) regions.add(root_, root_ + sizeof root);
    for (const Stretch<Remote>* stretch :
         {&root.arenas, &root.class_bytes, &root.pools, &root.bitmaps, &root.shelves, &root.threads,
          &root.range})
      regions.add(stretch->address, stretch->address + stretch->committed);
    if (!root_first) regions.add(root_, root_ + sizeof root);
  }

  static void take(void* self, const Finding& finding) {
    auto& audit = *static_cast<InProcessAudit*>(self);
    if (audit.waits_for_a_lock()) return;
    const Key key{finding.invariant, finding.place.subject, finding.place.number,
                  finding.place.address};
    if (!audit.first_look_ && !audit.before_.holds(key)) return;
    audit.now_.add(key);
    if (audit.reporting_) audit.sink_(audit.context_, finding);
  }

  /// Whether this look shall not count, since it found something while a lock was held. What is
  /// about to be reported stood in look after look with no lock held.
  bool waits_for_a_lock() {
    if (reporting_ || disturbances_ == kPatience) return false;
    if (!disturbed_) {
      OwnMemory::copy(root_, &now_root_, sizeof now_root_);
      if (!lock_held(now_root_)) return false;
      ++disturbances_;
      disturbed_ = true;
    }
    return true;
  }

  Address root_;
  Findings::Sink sink_;
  void* context_;
  bool first_look_ = true;
  bool reporting_ = false;
  bool mapped_ = false;
  bool disturbed_ = false;
  unsigned disturbances_ = 0;
  HeapRoot<Remote> now_root_;
  KeySet before_;
  KeySet now_;
  AuditResult result_;
  Region storage_[kMaxRegions];
  char buffer_[MappingReader::kBufferBytes];
};

}  // namespace

std::uint64_t audit_in_process(const void* root, Findings::Sink sink, void* context) {
  const Scratch scratch(sizeof(InProcessAudit));
  if (!scratch.had()) {
    sink(context, {Invariant::S2,
                   {Subject::root, 0, reinterpret_cast<Address>(root)},
                   "no memory to audit in"});
    return 1;
  }
  return (new (scratch.data()) InProcessAudit(root, sink, context))->run();
}

}  // namespace arenite
