// SPDX-License-Identifier: MIT
#include "debug/map/document.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace arenite::map {
namespace {

using Json = nlohmann::ordered_json;

/// Bytes of a file or of another process's name may be anything; JSON is UTF-8.
std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

class Columns {
 public:
  /// `before`: the same column of the frame before; may be null.
  template <class T>
  Json add(const std::vector<T>& values, const std::vector<T>* before = nullptr) {
    Json column{{"type", "u" + std::to_string(sizeof(T) * 8)},
                {"count", values.size()},
                {"at", bytes_.size()}};
    if (before != nullptr) column["after"] = true;
    for (unsigned plane = 0; plane < sizeof(T); ++plane)
      for (std::size_t i = 0; i < values.size(); ++i) {
        std::uint64_t value = values[i];
        if (before != nullptr && i < before->size()) value ^= (*before)[i];
        bytes_.push_back(static_cast<char>(value >> plane * 8));
      }
    return column;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

template <class Record, class Field>
auto column_of(const std::vector<Record>& records, Field Record::* field) {
  std::vector<Field> values;
  values.reserve(records.size());
  for (const Record& record : records) values.push_back(record.*field);
  return values;
}

Json columns_of(const HeapFrame& frame, const HeapFrame* before, Columns& columns) {
  Json json;
  const auto pools = [&](const char* name, auto field) {
    const auto& values = frame.pools.*field;
    if (values.empty() && frame.pool_count != 0) return;
    const auto* last = before == nullptr ? nullptr : &(before->pools.*field);
    json[name] = columns.add(values, last == nullptr || last->empty() ? nullptr : last);
  };
  pools("use", &PoolColumns::use);
  pools("size_class", &PoolColumns::size_class);
  pools("live", &PoolColumns::live);
  pools("held", &PoolColumns::held);
  pools("carved", &PoolColumns::carved);
  pools("owner", &PoolColumns::owner);
  pools("resident", &PoolColumns::resident);
  pools("site", &PoolColumns::site);
  pools("age", &PoolColumns::age);
  json["span_pool"] = columns.add(column_of(frame.spans, &SpanFacts::pool));
  json["span_pools"] = columns.add(column_of(frame.spans, &SpanFacts::pools));
  json["span_bytes"] = columns.add(column_of(frame.spans, &SpanFacts::bytes));
  json["detail_pools"] = columns.add(frame.detail.pools);
  json["detail_free"] = columns.add(frame.detail.free);
  json["held_pools"] = columns.add(frame.detail.held_pools);
  json["held_blocks"] = columns.add(frame.detail.held_blocks);
  const std::vector<OnPagesStretch>& stretches = frame.on_pages.stretches;
  if (stretches.empty()) return json;
  json["guarded_page"] = columns.add(column_of(stretches, &OnPagesStretch::page));
  json["guarded_pages"] = columns.add(column_of(stretches, &OnPagesStretch::pages));
  json["guarded_offset"] = columns.add(column_of(stretches, &OnPagesStretch::offset));
  json["guarded_bytes"] = columns.add(column_of(stretches, &OnPagesStretch::bytes));
  json["guarded_site"] = columns.add(column_of(stretches, &OnPagesStretch::site));
  json["guarded_freed"] = columns.add(column_of(stretches, &OnPagesStretch::freed));
  return json;
}

Json describe(const OnPages& on_pages) {
  Json json{{"freed", on_pages.freed}, {"sites", Json::array()}};
  for (const OnPagesCount& count : on_pages.sites)
    json["sites"].push_back({count.site, count.blocks, count.bytes});
  if (on_pages.stretches_left_out > 0) json["left_out"] = on_pages.stretches_left_out;
  return json;
}

Json describe(const FrameFacts& facts, const HeapFrame& frame) {
  Json json{{"source", facts.source},
            {"command", facts.command},
            {"module", facts.module},
            {"pid", facts.pid},
            {"time_ms", facts.time_ms},
            // As text: numbers of JSON are doubles to a browser.
            {"range", std::to_string(facts.range)},
            {"table_bytes", facts.table_bytes},
            {"mapped_bytes", facts.mapped_bytes},
            {"pool_count", frame.pool_count},
            {"pools_left_out", frame.pools_left_out}};
  if (!facts.torn.empty()) json["torn"] = facts.torn;
  if (frame.on_pages.freed > 0 || !frame.on_pages.sites.empty())
    json["on_pages"] = describe(frame.on_pages);
  json["threads"] = Json::array();
  for (const ThreadFacts& thread : frame.threads)
    json["threads"].push_back({thread.index, thread.state, thread.system_thread});
  return json;
}

Json describe(const MappedHeap& heap, Columns& columns) {
  Json json{{"geometry", heap.traits.geometry},       {"pool_bytes", heap.traits.pool_bytes},
            {"page_bytes", heap.traits.page_bytes},   {"arena_pools", kArenaPools},
            {"block_bytes", heap.traits.block_bytes}, {"capacities", heap.traits.capacities}};
  json["sites"] = Json::array();
  for (const Site& site : heap.sites)
    json["sites"].push_back({{"name", site.name}, {"stack", site.stack}});
  json["frames"] = Json::array();
  const HeapFrame* before = nullptr;
  for (std::size_t i = 0; i < heap.frames.size(); ++i) {
    Json frame = describe(heap.facts[i], heap.frames[i]);
    frame["columns"] = columns_of(heap.frames[i], before, columns);
    json["frames"].push_back(std::move(frame));
    before = &heap.frames[i];
  }
  return json;
}

}  // namespace

HeapTraits traits_of(const HeapPlan& plan) {
  const HeapRoot<Remote>& root = plan.root;
  HeapTraits traits;
  const auto* end = std::find(std::begin(root.geometry), std::end(root.geometry), '\0');
  traits.geometry.assign(std::begin(root.geometry), end);
  traits.pool_bytes = root.pool_bytes;
  traits.page_bytes = root.page_bytes;
  for (std::uint32_t i = 0; i < root.class_count; ++i) {
    traits.block_bytes.push_back(root.classes[i].block_bytes);
    traits.capacities.push_back(root.classes[i].capacity);
  }
  return traits;
}

std::string encode(const std::vector<MappedHeap>& heaps) {
  Columns columns;
  Json json;
  json["uses"] = kPoolUseNames;
  json["uses"].push_back("span rest");
  json["heaps"] = Json::array();
  for (const MappedHeap& heap : heaps) json["heaps"].push_back(describe(heap, columns));
  const std::string text = dump(json);
  std::string bytes;
  for (unsigned i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(text.size() >> i * 8));
  return bytes + text + columns.bytes();
}

}  // namespace arenite::map
