// SPDX-License-Identifier: MIT
// The layer's invariants over a guard heap made here: silent when it is sound, and for each a test
// that breaks exactly it.
#include "debug/layer/audit_layer.hpp"

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "debug/audit/audit.hpp"
#include "debug/guard/guard_heap.hpp"
#include "debug/guard/heap_source.hpp"
#include "debug/guard/one_thread.hpp"
#include "debug/layer/fake_layer.hpp"
#include "debug/layer/layer_stretches.hpp"
#include "debug/python/code_names.hpp"
#include "heap/heap_fixture.hpp"
#include "layout/own_memory.hpp"

namespace arenite {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// All of the test's own memory but for one byte.
struct MemoryWithout {
  Address gone;
  bool read(Address at, void* to, std::size_t bytes) const {
    return gone - at >= bytes && OwnMemory().read(at, to, bytes);
  }
};
static_assert(MemoryView<MemoryWithout>);

template <class G>
class LayerAuditTest : public ::testing::Test {
 protected:
  using Fake = FakeHeap<G>;
  using Source = HeapSource<typename Fake::TestHeap, OneThread>;

  void SetUp() override {
    thread_ = fake_.heap.attach(1);
    ASSERT_NE(thread_, 0u);
    GuardSettings settings;
    settings.quarantine_bytes = 256 << 10;
    ASSERT_TRUE(depot_.open());
    const Address frames[] = {0x1000, 0x2000};
    stack_ = depot_.put(frames, 2);
    ASSERT_TRUE(guarded_.open(settings));
    for (std::size_t size = 0; size < 3 * G::kPoolBytes; size += size / 3 + 5)
      for (int i = 0; i < 3; ++i) blocks_.push_back(allocate(size));
    for (std::size_t i = 0; i < blocks_.size(); i += 3) {
      guarded_.free(blocks_[i], {Family::malloc, kUnsaid, kUnsaid, {0, stack_}}, batch_);
      freed_.push_back(blocks_[i]);
    }
    describe();
  }
  void TearDown() override {
    guarded_.close();
    depot_.close();
  }

  unsigned char* allocate(std::size_t size) {
    Birth birth;
    birth.size = size;
    birth.serial = ++serial_;
    birth.actor = {0, stack_};
    return static_cast<unsigned char*>(guarded_.allocate(birth));
  }

  void describe() {
    root_.version = kDebugVersion;
    root_.root_bytes = sizeof root_;
    root_.fingerprint = kDebugFingerprint;
    guarded_.describe(root_);
    root_.serials = reinterpret_cast<Address>(&serial_);
    root_.stack_words = depot_.words();
    root_.stack_capacity = depot_.capacity_words();
    root_.stack_used = reinterpret_cast<Address>(&depot_.used_words());
    root_.threads = reinterpret_cast<Address>(&batch_);
    root_.thread_bytes = sizeof batch_;
    root_.most_threads = 1;
    root_.threads_used = reinterpret_cast<Address>(&threads_);
    root_.cookie = kDebugCookie;
  }

  /// Ids of all findings, each once, in one line; the last text in `text_`.
  std::string audit(Contents contents = Contents::there) {
    ids_.clear();
    Findings findings(take, this);
    AuditSubject subject;
    subject.root = reinterpret_cast<Address>(&fake_.heap.root());
    audit_heap(OwnMemory(), subject, findings, *result_);
    EXPECT_EQ(result_->end, AuditEnd::complete);
    end_ = admit_layer(OwnMemory(), reinterpret_cast<Address>(&root_), result_->plan, plan_);
    if (end_ != LayerEnd::there) return "not there";
    const auto layer =
        std::make_unique<LayerAudit<OwnMemory>>(view_, result_->plan, plan_, contents, findings);
    EXPECT_TRUE(layer->run());
    counts_ = layer->counts();
    EXPECT_EQ(findings.unreadable_count(), 0u);
    return ids_;
  }

  /// How often an audit meets what it cannot read, where a byte is not there.
  std::uint64_t unreadable_without(Address gone) {
    EXPECT_EQ(audit(), "") << text_;
    const MemoryWithout view{gone};
    Findings findings(take, this);
    const auto layer = std::make_unique<LayerAudit<MemoryWithout>>(view, result_->plan, plan_,
                                                                   Contents::there, findings);
    EXPECT_TRUE(layer->run());
    return findings.unreadable_count();
  }

  SideRecord& record(void* block) {
    typename GuardHeap<Source>::Table::Outer outer;
    EXPECT_TRUE(guarded_.table().find(source_, reinterpret_cast<Address>(block), outer));
    return *outer.record;
  }

  static void take(void* context, const Finding& finding) {
    auto& self = *static_cast<LayerAuditTest*>(context);
    const std::string id = facts_of(finding.invariant).id;
    if (self.ids_.find(id) == std::string::npos) self.ids_ += self.ids_.empty() ? id : " " + id;
    self.text_ = finding.text;
    self.place_ = finding.place;
  }

  Fake fake_;
  ThreadBlock thread_ = 0;
  Source source_{fake_.heap, OneThread{&thread_}};
  GuardHeap<Source> guarded_{source_, {nullptr, [](void*, const Damage&) {}}};
  StackDepot depot_;
  StackId stack_ = 0;
  QuarantineBatch batch_;
  std::uint32_t threads_ = 1;
  std::uint64_t serial_ = 0;
  DebugRoot<Native> root_{};
  std::vector<unsigned char*> blocks_, freed_;
  OwnMemory view_;
  std::unique_ptr<AuditResult> result_ = std::make_unique<AuditResult>();
  LayerPlan plan_{};
  LayerEnd end_ = LayerEnd::none;
  LayerCounts counts_;
  std::string ids_, text_;
  Place place_;
};

using Geometries = ::testing::Types<Tiny, Classic, Production>;
TYPED_TEST_SUITE(LayerAuditTest, Geometries);

TYPED_TEST(LayerAuditTest, a_sound_layer_has_no_findings) {
  EXPECT_EQ(this->audit(), "") << this->text_;
  EXPECT_EQ(this->counts_.live, this->blocks_.size() - this->freed_.size());
  EXPECT_GT(this->counts_.freed, 0u);
  this->guarded_.hand_over(this->batch_);
  EXPECT_EQ(this->audit(), "") << this->text_;
  this->guarded_.drain();
  EXPECT_EQ(this->audit(), "") << this->text_;
  // What is on its way out.
  EXPECT_LE(this->counts_.freed, QuarantineBatch::kLeaving);
}

TYPED_TEST(LayerAuditTest, every_block_is_found_by_each_of_its_addresses) {
  this->audit();
  const LayerBlocks<OwnMemory> blocks(this->view_, this->result_->plan, this->plan_);
  for (unsigned char* block : this->blocks_) {
    BlockFacts inside, outside;
    const Address at = reinterpret_cast<Address>(block);
    if (!this->guarded_.find(at, inside)) continue;  // it has left quarantine
    for (const Address any : {at, inside.outer_begin, inside.outer_end - 1}) {
      ASSERT_TRUE(blocks.find(any, outside));
      EXPECT_EQ(outside.begin, inside.begin);
      EXPECT_EQ(outside.size, inside.size);
      EXPECT_EQ(outside.serial, inside.serial);
      EXPECT_EQ(outside.state, inside.state);
      EXPECT_EQ(outside.outer_end, inside.outer_end);
    }
  }
  Address frames[4];
  EXPECT_EQ(blocks.stack(this->stack_, frames, 4), 2u);
  EXPECT_EQ(frames[1], 0x2000u);
  EXPECT_EQ(blocks.stack(this->stack_ + 1, frames, 4), 0u);
  EXPECT_EQ(blocks.stack(~StackId{0}, frames, 4), 0u);
}

TYPED_TEST(LayerAuditTest, D1_a_byte_before_a_block) {
  this->blocks_[4][-1] ^= 0x41;
  EXPECT_EQ(this->audit(), "D1");
  EXPECT_EQ(this->place_.address, reinterpret_cast<Address>(this->blocks_[4] - 1));
  EXPECT_EQ(this->audit(Contents::absent), "");
  this->blocks_[4][-1] ^= 0x41;
  EXPECT_EQ(this->audit(), "");
}

TYPED_TEST(LayerAuditTest, D2_a_byte_behind_a_block_or_a_span) {
  for (const std::size_t which : {std::size_t{4}, this->blocks_.size() - 1}) {
    unsigned char* block = this->blocks_[which];
    const std::size_t size = this->record(block).size;
    block[size] ^= 1;
    EXPECT_EQ(this->audit(), "D2");
    EXPECT_EQ(this->place_.address, reinterpret_cast<Address>(block + size));
    block[size] ^= 1;
  }
  EXPECT_EQ(this->audit(), "");
}

TYPED_TEST(LayerAuditTest, D3_a_byte_of_a_freed_block) {
  unsigned char* last = nullptr;
  for (unsigned char* block : this->freed_) {
    BlockFacts facts;
    if (this->guarded_.find(reinterpret_cast<Address>(block), facts) && facts.size > 0 &&
        facts.state == BlockState::freed && facts.outer_end - facts.outer_begin <= (256 << 10))
      last = block;
  }
  ASSERT_NE(last, nullptr);
  last[0] ^= 1;
  EXPECT_EQ(this->audit(), "D3");
}

TYPED_TEST(LayerAuditTest, D4_a_record_that_does_not_fit) {
  SideRecord& record = this->record(this->blocks_[4]);
  const auto broken = [&](auto& field, auto value) {
    const auto kept = field.load();
    field = value;
    EXPECT_EQ(this->audit(), "D4") << this->text_;
    field = kept;
  };
  broken(record.size, std::uint64_t{1} << 40);
  broken(record.head, std::uint8_t{0});
  broken(record.family, static_cast<Family>(77));
  broken(record.serial, std::uint64_t{0});
  broken(record.serial, this->serial_ + 1);
  broken(record.serial, this->record(this->blocks_[5]).serial.load());
  broken(record.allocated, StackId{99});
  EXPECT_EQ(this->audit(), "");
}

TYPED_TEST(LayerAuditTest, D4_a_span_of_another_length_than_its_record_says) {
  // Its length is in the record behind its own.
  SideRecord& length = (&this->record(this->blocks_.back()))[1];
  const std::uint64_t kept = length.size;
  length.size = kept + TypeParam::kPoolBytes;
  EXPECT_EQ(this->audit(), "D4");
  EXPECT_NE(this->text_.find("the span is " + std::to_string(kept)), std::string::npos)
      << this->text_;
  length.size = kept;
  EXPECT_EQ(this->audit(), "");
}

TYPED_TEST(LayerAuditTest, D4_a_record_of_a_block_that_the_heap_has_free) {
  BlockFacts facts;
  ASSERT_TRUE(this->guarded_.find(reinterpret_cast<Address>(this->blocks_[4]), facts));
  // Behind the layer's back.
  this->fake_.heap.free(this->thread_, reinterpret_cast<void*>(facts.outer_begin));
  EXPECT_EQ(this->audit(), "D4");
  EXPECT_EQ(this->place_.address, facts.outer_begin);
  EXPECT_EQ(this->place_.number, facts.serial);
}

TYPED_TEST(LayerAuditTest, records_that_cannot_be_read_are_told_of) {
  for (unsigned char* block : {this->blocks_[4], this->blocks_.back()}) {
    const Address record = reinterpret_cast<Address>(&this->record(block));
    EXPECT_EQ(this->unreadable_without(record), 1u);
  }
  EXPECT_EQ(this->unreadable_without(0), 0u);
}

TYPED_TEST(LayerAuditTest, D5_a_freed_block_that_waits_nowhere_or_twice) {
  while (this->batch_.count < 2) {
    void* block = this->allocate(24);
    this->guarded_.free(block, {Family::malloc, kUnsaid, kUnsaid, {0, 0}}, this->batch_);
  }
  ASSERT_EQ(this->audit(), "") << this->text_;
  const QuarantineEntry kept = this->batch_.entries[0];
  this->batch_.entries[0] = this->batch_.entries[1];
  EXPECT_EQ(this->audit(), "D5");
  this->batch_.entries[0] = kept;
  --this->batch_.count;
  EXPECT_EQ(this->audit(), "D5");
  ++this->batch_.count;
  this->batch_.entries[0] = QuarantineEntry(reinterpret_cast<Address>(this->blocks_[4]), 64);
  EXPECT_EQ(this->audit(), "D5");
  this->batch_.entries[0] = kept;
  EXPECT_EQ(this->audit(), "");
}

TYPED_TEST(LayerAuditTest, a_root_that_cannot_be_believed_is_refused) {
  this->root_.fingerprint ^= 1;
  EXPECT_EQ(this->audit(), "not there");
  EXPECT_EQ(this->end_, LayerEnd::other);
  this->root_.fingerprint ^= 1;
  this->root_.pools += 1;
  this->audit();
  EXPECT_EQ(this->end_, LayerEnd::gated);
  this->root_.pools -= 1;
  this->root_.cookie = 0;
  this->audit();
  EXPECT_EQ(this->end_, LayerEnd::none);
}

// ---- blocks on pages ----

class PagesAuditTest : public ::testing::Test, protected FakeLayer {
 protected:
  PagesAuditTest() {
    plan.root.records = 0;
    carve(70, 256);
  }

  /// All that is found of the one block on pages.
  std::vector<std::string> audit(const PageRecordOf<Remote>& said) {
    put_stretch(64, said);
    std::vector<std::string> texts;
    Findings findings(
        [](void* to, const Finding& finding) {
          static_cast<std::vector<std::string>*>(to)->push_back(
              std::string(facts_of(finding.invariant).id) + ": " + finding.text);
        },
        &texts);
    const auto layer =
        std::make_unique<LayerAudit<MadeUpMemory>>(memory, heap, plan, Contents::absent, findings);
    EXPECT_TRUE(layer->run());
    EXPECT_EQ(layer->counts().on_pages.live, 1u);
    return texts;
  }
};

TEST_F(PagesAuditTest, SoundOnesHaveNoFindings) {
  EXPECT_THAT(audit(stretch(64, 2, 5000)), IsEmpty());
  EXPECT_THAT(audit(stretch(64, 2, 2 * kPageBytes)), IsEmpty());
  EXPECT_THAT(audit(stretch(64, 2, 1)), IsEmpty());
}

TEST_F(PagesAuditTest, D4_a_block_that_does_not_fit_its_pages) {
  const PageRecordOf<Remote> sound = stretch(64, 2, 5000);
  const auto expect_no_fit = [&](auto PageRecordOf<Remote>::* field, auto value) {
    PageRecordOf<Remote> said = sound;
    said.*field = value;
    EXPECT_THAT(audit(said), Contains(HasSubstr(" bytes do not fit its pages"))) << value;
  };
  expect_no_fit(&PageRecordOf<Remote>::begin, plan.page(64));
  expect_no_fit(&PageRecordOf<Remote>::begin, plan.page(68));
  expect_no_fit(&PageRecordOf<Remote>::begin, plan.page(64) + 1);
  expect_no_fit(&PageRecordOf<Remote>::size, std::uint64_t{1} << 40);
  expect_no_fit(&PageRecordOf<Remote>::pages, 4u);
}

TEST_F(PagesAuditTest, D4_what_no_block_can_be) {
  PageRecordOf<Remote> said = stretch(64, 2, 5000);
  said.serial = 78;
  EXPECT_THAT(audit(said), ElementsAre("D4: serial 78 of 77 given"));
  said.serial = 77;
  said.family = static_cast<Family>(77);
  EXPECT_THAT(audit(said), ElementsAre("D4: family 77"));
}

// ---- names of an interpreter's functions ----

class ScriptNamesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(names_.open());
    number_ = names_.number({1, 2, 3, 4}, name, nullptr);
    plan_.root = {};
    state_.table = names_.state().table.load();
    state_.count = names_.state().count.load();
    plan_.root.script_names = reinterpret_cast<Address>(&state_);
  }

  static std::size_t name(void*, Address object, char* to, std::size_t most) {
    const std::string text = object == 2 ? "sand.py" : "pour";
    return text.copy(to, most);
  }

  bool find(Address word) { return ScriptNames<OwnMemory>(view_, plan_).find(word, found_); }
  Address frame(std::uint32_t number) const { return PythonFrame{number, 12}.encode(); }
  CodeRecord& record() {
    return reinterpret_cast<CodeTable<Native>*>(state_.table)->codes[number_];
  }

  CodeNames names_;
  std::uint32_t number_ = 0;
  CodeTableState<Remote> state_{};
  LayerPlan plan_{};
  OwnMemory view_;
  ScriptLocation found_;
};

TEST_F(ScriptNamesTest, ThatTheInterpretersSideKept) {
  ASSERT_TRUE(find(frame(number_)));
  EXPECT_EQ(found_.file, "sand.py");
  EXPECT_EQ(found_.function, "pour");
  EXPECT_EQ(found_.line, 12u);
}

TEST_F(ScriptNamesTest, OfNothingElse) {
  EXPECT_FALSE(find(frame(number_ + 1)));
  EXPECT_FALSE(find(0x1000));
  plan_.root.script_names = 0;
  EXPECT_FALSE(find(frame(number_)));
}

TEST_F(ScriptNamesTest, OfATableThatWasOverwritten) {
  const CodeRecord kept = record();
  record().file_at = ~0u;
  EXPECT_FALSE(find(frame(number_)));
  record() = kept;
  record().name_bytes = CodeTable<Native>::kMostNameBytes + 1;
  EXPECT_FALSE(find(frame(number_)));
  record() = kept;
  state_.count = ~0u;
  EXPECT_FALSE(find(frame(~0u)));
  state_.table = ~std::uint64_t{0};
  EXPECT_FALSE(find(frame(number_)));
}

TEST_F(ScriptNamesTest, LieInWhatASnapshotSaves) {
  const ScriptNames<OwnMemory> names(view_, plan_);
  EXPECT_EQ(names.codes().end - names.codes().begin, sizeof(CodeRecord));
  EXPECT_EQ(names.text().end - names.text().begin, std::strlen("sand.pypour"));
  EXPECT_LE(names.table().begin, names.codes().begin);
  EXPECT_GE(names.table().end, names.text().end);
}

}  // namespace
}  // namespace arenite
