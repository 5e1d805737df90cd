// SPDX-License-Identifier: MIT
#include "heap/statistics.hpp"

#include <cstring>

#include "base/text.hpp"

namespace arenite {
namespace {

using Line = Text<320>;

void put(TextSink sink, const Line& line) {
  sink.write(sink.context, line.data(), line.size());
}

/// Adds the number, right-aligned in `width` columns.
void column(Line& line, std::uint64_t number, std::size_t width) {
  Text<24> digits;
  digits << number;
  for (std::size_t i = digits.size(); i < width; ++i) line << " ";
  line << digits.c_str();
}

void heading(Line& line, const char* name, std::size_t width) {
  for (std::size_t i = std::strlen(name); i < width; ++i) line << " ";
  line << name;
}

void amount(TextSink sink, const char* name, std::uint64_t bytes, std::uint64_t whole) {
  Line line;
  line << "  " << name;
  for (std::size_t i = std::strlen(name); i < 24; ++i) line << " ";
  column(line, bytes, 18);
  const std::uint64_t tenths = whole == 0 ? 0 : (bytes * 1000 + whole / 2) / whole;
  column(line, tenths / 10, 7);
  line << "." << tenths % 10 << " %\n";
  put(sink, line);
}

/// Writes "name":number with what JSON needs between.
class JsonWriter {
 public:
  explicit JsonWriter(TextSink sink) : sink_(sink) {}

  void open(const char* name, char bracket) {
    separate();
    if (name != nullptr) line_ << "\"" << name << "\":";
    punctuate(bracket);
    first_ = true;
    flush();
  }
  void close(char bracket) {
    punctuate(bracket);
    first_ = false;
    flush();
  }
  void field(const char* name, std::uint64_t number) {
    separate();
    line_ << "\"" << name << "\":" << number;
    flush();
  }
  /// `text` must need no escape.
  void field(const char* name, const char* text) {
    separate();
    line_ << "\"" << name << "\":\"" << text << "\"";
    flush();
  }

 private:
  void separate() {
    if (!first_) line_ << ",";
    first_ = false;
  }
  void punctuate(char c) {
    const char text[2] = {c, '\0'};
    line_ << text;
  }
  void flush() {
    put(sink_, line_);
    line_ = {};
  }

  TextSink sink_;
  Line line_;
  bool first_ = true;
};

void print_pools(const Statistics& s, TextSink sink) {
  Line line;
  line << "\narenas " << s.arenas << ": " << s.arenas_full << " full, " << s.arenas_empty
       << " empty, of 64 pools of " << s.pool_bytes << " bytes\npools in use " << s.pools_attached
       << " attached, " << s.pools_listed << " listed, " << s.pools_full << " full\n";
  put(sink, line);
  line = {};
  line << "pools free " << s.pools_dirty << " dirty, " << s.pools_decommitted << " decommitted, "
       << s.pools_untouched << " untouched\nspans " << s.spans << " of " << s.span_pools
       << " pools\nthread blocks " << s.threads << " in use of " << s.thread_blocks
       << " made; pages given back " << s.decommits << " times\n";
  put(sink, line);
}

void print_classes(const Statistics& s, TextSink sink) {
  Line line;
  line << "\n";
  heading(line, "class", 5);
  heading(line, "block", 7);
  heading(line, "pools", 8);
  for (const char* name : {"live", "held", "free", "uncarved"}) heading(line, name, 12);
  heading(line, "tail bytes", 12);
  line << "\n";
  put(sink, line);
  for (std::uint32_t i = 0; i < s.class_count; ++i) {
    const ClassStatistics& of = s.classes[i];
    if (of.pools == 0) continue;
    line = {};
    column(line, i, 5);
    column(line, of.block_bytes, 7);
    column(line, of.pools, 8);
    for (std::uint64_t blocks : {of.live, of.held, of.free, of.uncarved}) column(line, blocks, 12);
    column(line, of.tail_bytes, 12);
    line << "\n";
    put(sink, line);
  }
}

}  // namespace

void print_text(const Statistics& s, TextSink sink) {
  const std::uint64_t mapped = s.mapped_bytes();
  Line line;
  line << "heap of geometry " << s.geometry << ": " << mapped << " bytes mapped of "
       << s.reserved_bytes << " reserved\n";
  put(sink, line);
  amount(sink, "live blocks", s.live_bytes() - s.span_bytes, mapped);
  amount(sink, "live spans", s.span_bytes, mapped);
  amount(sink, "held by threads", s.held_bytes(), mapped);
  amount(sink, "free blocks", s.free_bytes(), mapped);
  amount(sink, "uncarved blocks", s.uncarved_bytes(), mapped);
  amount(sink, "pool tails", s.tail_bytes(), mapped);
  amount(sink, "span rounding", s.span_rounding(), mapped);
  amount(sink, "free pools, dirty", s.pools_dirty * s.pool_bytes, mapped);
  amount(sink, "free pools, clean", (s.free_pools() - s.pools_dirty) * s.pool_bytes, mapped);
  amount(sink, "tables", s.table_bytes(), mapped);
  amount(sink, "guard regions", s.guard_bytes, mapped);
  amount(sink, "sum", s.accounted_bytes(), mapped);
  print_pools(s, sink);
  print_classes(s, sink);
}

void print_json(const Statistics& s, TextSink sink) {
  JsonWriter json(sink);
  json.open(nullptr, '{');
  json.field("geometry", s.geometry);
  json.field("pool_bytes", s.pool_bytes);
  json.field("mapped_bytes", s.mapped_bytes());
  json.field("accounted_bytes", s.accounted_bytes());
  json.field("reserved_bytes", s.reserved_bytes);
  json.field("live_bytes", s.live_bytes());
  json.field("held_bytes", s.held_bytes());
  json.field("free_bytes", s.free_bytes());
  json.field("uncarved_bytes", s.uncarved_bytes());
  json.field("tail_bytes", s.tail_bytes());
  json.field("span_rounding_bytes", s.span_rounding());
  json.field("table_bytes", s.table_bytes());
  json.field("guard_bytes", s.guard_bytes);
  json.field("range_committed_bytes", s.range.committed);
  json.field("range_reserved_bytes", s.range.reserved);
  json.open("arenas", '{');
  json.field("count", s.arenas);
  json.field("full", s.arenas_full);
  json.field("empty", s.arenas_empty);
  json.close('}');
  json.open("pools", '{');
  json.field("attached", s.pools_attached);
  json.field("listed", s.pools_listed);
  json.field("full", s.pools_full);
  json.field("dirty", s.pools_dirty);
  json.field("decommitted", s.pools_decommitted);
  json.field("untouched", s.pools_untouched);
  json.field("unclear", s.pools_unclear);
  json.close('}');
  json.open("spans", '{');
  json.field("count", s.spans);
  json.field("pools", s.span_pools);
  json.field("bytes", s.span_bytes);
  json.close('}');
  json.field("threads", s.threads);
  json.field("thread_blocks", s.thread_blocks);
  json.field("decommits", s.decommits);
  json.open("tables", '{');
  for (std::size_t i = 0; i < s.tables.size(); ++i)
    json.field(Statistics::kTableNames[i], s.tables[i].committed);
  json.close('}');
  json.open("classes", '[');
  for (std::uint32_t i = 0; i < s.class_count; ++i) {
    const ClassStatistics& of = s.classes[i];
    json.open(nullptr, '{');
    json.field("class", i);
    json.field("block_bytes", of.block_bytes);
    json.field("pools", of.pools);
    json.field("capacity", of.capacity);
    json.field("live", of.live);
    json.field("held", of.held);
    json.field("free", of.free);
    json.field("uncarved", of.uncarved);
    json.field("tail_bytes", of.tail_bytes);
    json.close('}');
  }
  json.close(']');
  json.close('}');
}

}  // namespace arenite
