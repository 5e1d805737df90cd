// SPDX-License-Identifier: MIT
// P17: each bit of all allocator state is flipped, one at a time. One that is owed a check is found
// and named by an invariant of its label; of one that is not, nothing is said.
#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "debug/audit/audit_fixture.hpp"
#include "proptests/checker/labels.hpp"

namespace arenite {
namespace {

template <class G>
class Flips : public AuditFixture<G> {
 protected:
  using Base = AuditFixture<G>;
  using Labelled = Labels<Heap<typename Base::Config>>;
  static constexpr std::uint8_t kBuildId[20] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

  void SetUp() override {
    Base::SetUp();
    this->fill();
    // A second pool with holes: a link between two pools of a list is another thing than its end.
    const std::size_t capacity = Base::Classes::kFacts[Base::kBusyClass].capacity;
    for (std::size_t i = capacity; i < 2 * capacity; i += 2) this->give_up(this->small_[i]);
    std::copy(std::begin(kBuildId), std::end(kBuildId), this->root().build_id);
    this->root().build_id_bytes = sizeof kBuildId;
    // As they are before anything is flipped.
    const HeapRoot<Native>& root = this->root();
    for (const Stretch<Native>* each : {&root.arenas, &root.class_bytes, &root.pools, &root.bitmaps,
                                        &root.shelves, &root.threads, &root.range})
      accessible_.add(each->address, each->address + each->committed.load());
  }

  typename Base::Report look() { return this->audit(&accessible_, kBuildId); }

  static void flip(const MetadataField& field, std::size_t bit) {
    auto& byte = *reinterpret_cast<unsigned char*>(field.at + bit / 8);
    byte = static_cast<unsigned char>(byte ^ 1u << bit % 8);
  }

  static bool names(const std::vector<std::string>& ids, Label label) {
    return std::any_of(ids.begin(), ids.end(),
                       [label](const std::string& id) { return label.find(id) != Label::npos; });
  }

  /// One flip; empty if it is as it should be.
  std::string try_flip(const MetadataField& field, std::size_t bit, Label label) {
    flip(field, bit);
    const auto report = look();
    flip(field, bit);
    const bool right = label == kUnchecked ? report.ids.empty() : names(report.ids, label);
    if (right) return "";
    std::string found;
    for (const std::string& id : report.ids) found += id + " ";
    return std::string(field.structure) + "." + field.name + " " + std::to_string(field.index) +
           " " + std::to_string(field.size_class) + " bit " + std::to_string(bit) + ": owed '" +
           std::string(label) + "', found '" + found + "'";
  }

  std::array<Region, 8> storage_;
  Regions accessible_{storage_.data(), storage_.size()};
};

TYPED_TEST_SUITE(Flips, AuditedGeometries);

TYPED_TEST(Flips, AreFoundAndNamedOrPassedOver) {
  // All bits of Tiny, and of larger heaps as many as take the time; all with $ARENITE_ALL_FLIPS.
  const bool all = std::is_same_v<TypeParam, Tiny> || std::getenv("ARENITE_ALL_FLIPS") != nullptr;
  const std::size_t most = all ? ~std::size_t{0} : 30'000;
  const MetadataMap<TypeParam> map(this->root());
  typename TestFixture::Labelled labels(this->heap_);
  ASSERT_TRUE(this->look().only({})) << this->look();
  std::size_t bits = 0;
  for (const MetadataField& field : map.fields()) bits += field.bytes * 8;
  const std::size_t step = bits / most + 1;
  std::size_t number = 0, checked = 0, unchecked = 0, wrong = 0;
  for (const MetadataField& field : map.fields())
    for (std::size_t bit = 0; bit < field.bytes * 8; ++bit) {
      if (number++ % step != 0) continue;
      const Label label = labels.of(field, bit);
      ++(label == kUnchecked ? unchecked : checked);
      const std::string problem = this->try_flip(field, bit, label);
      if (problem.empty()) continue;
      if (++wrong <= 20) ADD_FAILURE() << problem;
    }
  EXPECT_EQ(wrong, 0u);
  EXPECT_GT(checked, 0u);
  EXPECT_TRUE(this->look().only({})) << "a flip was not undone";
  std::printf("  %zu bits, every %zu-th flipped: %zu owed a check, %zu not\n", bits, step, checked,
              unchecked);
}

/// The map must not pass a byte over, nor name one twice.
TYPED_TEST(Flips, MapNamesEachByteOnce) {
  const MetadataMap<TypeParam> map(this->root());
  std::map<Address, std::size_t> stretches;
  for (const MetadataField& field : map.fields())
    ASSERT_TRUE(stretches.emplace(field.at, field.bytes).second)
        << field.structure << "." << field.name;
  std::size_t bytes = 0;
  Address end = 0;
  for (const auto& [at, size] : stretches) {
    ASSERT_GE(at, end);
    end = at + size;
    bytes += size;
  }
  const HeapRoot<Native>& root = this->root();
  std::size_t expected = 0;
  for (const Stretch<Native>* each :
       {&root.arenas, &root.class_bytes, &root.pools, &root.bitmaps, &root.shelves, &root.threads})
    expected += each->committed.load();
  // The root has padding where a field's alignment asks for it.
  EXPECT_GE(bytes, expected + sizeof root - 16);
  EXPECT_LE(bytes, expected + sizeof root);
}

/// That the proof can fail: a label too many, and one too few.
TYPED_TEST(Flips, AreHeldAgainstTheirLabels) {
  const MetadataField cookie{"root", "cookie", reinterpret_cast<Address>(&this->root().cookie), 8};
  EXPECT_EQ(this->try_flip(cookie, 0, "R1"), "");
  EXPECT_NE(this->try_flip(cookie, 0, kUnchecked), "");
  EXPECT_NE(this->try_flip(cookie, 0, "A1"), "");
  const MetadataField steers{"root", "retain_pools",
                             reinterpret_cast<Address>(&this->root().retain_pools), 4};
  EXPECT_EQ(this->try_flip(steers, 0, kUnchecked), "");
  EXPECT_NE(this->try_flip(steers, 0, "S1"), "");
}

/// Clean audits of heaps that are used in between; $ARENITE_CLEAN_AUDITS of them.
TYPED_TEST(Flips, CleanHeapsRaiseNoAlarm) {
  const char* text = std::getenv("ARENITE_CLEAN_AUDITS");
  const unsigned long audits = text == nullptr ? 3'000 : std::strtoul(text, nullptr, 10);
  std::mt19937 random(1);
  std::vector<void*> blocks(64, nullptr);
  const ThreadBlock threads[] = {this->first_, this->second_};
  for (unsigned long i = 0; i < audits; ++i) {
    void*& block = blocks[random() % blocks.size()];
    const ThreadBlock thread = threads[random() % 2];
    if (block != nullptr) {
      this->heap_.free(thread, std::exchange(block, nullptr));
    } else {
      const std::size_t size = random() % 8 == 0 ? random() % (4 * TypeParam::kPoolBytes)
                                                 : random() % (TypeParam::kPoolBytes / 4);
      block = this->heap_.allocate(thread, size);
    }
    if (random() % 64 == 0) this->heap_.hand_back_all(thread);
    if (random() % 256 == 0) this->heap_.trim(thread);
    const auto report = this->audit();
    ASSERT_TRUE(report.only({})) << "after " << i << " operations: " << report;
  }
}

}  // namespace
}  // namespace arenite
