// SPDX-License-Identifier: MIT
#include "debug/map/page.hpp"

#include <zlib.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "debug/map/document.hpp"

namespace arenite::map {
namespace {

/// A column as a browser decodes it.
std::vector<std::uint64_t> decode(const std::string& document, const nlohmann::json& column,
                                  const std::vector<std::uint64_t>& before = {}) {
  std::uint32_t length = 0;
  for (unsigned i = 0; i < 4; ++i)
    length |= std::uint32_t{static_cast<unsigned char>(document[i])} << i * 8;
  const std::size_t width = std::stoul(column["type"].get<std::string>().substr(1)) / 8;
  const std::size_t count = column["count"];
  const std::size_t at = 4 + length + column["at"].get<std::size_t>();
  std::vector<std::uint64_t> values(count);
  for (std::size_t plane = 0; plane < width; ++plane)
    for (std::size_t i = 0; i < count; ++i)
      values[i] |= std::uint64_t{static_cast<unsigned char>(document.at(at + plane * count + i))}
                   << plane * 8;
  if (column.contains("after"))
    for (std::size_t i = 0; i < std::min(count, before.size()); ++i) values[i] ^= before[i];
  return values;
}

nlohmann::json text_of(const std::string& document) {
  std::uint32_t length = 0;
  for (unsigned i = 0; i < 4; ++i)
    length |= std::uint32_t{static_cast<unsigned char>(document[i])} << i * 8;
  return nlohmann::json::parse(document.substr(4, length));
}

HeapFrame frame_of(std::vector<std::uint16_t> live) {
  HeapFrame frame;
  frame.pool_count = static_cast<std::uint32_t>(live.size());
  frame.pools.use.assign(live.size(), code_of(PoolUse::full));
  frame.pools.size_class.assign(live.size(), 3);
  frame.pools.held.assign(live.size(), 0);
  frame.pools.carved.assign(live.size(), 4000);
  frame.pools.owner.assign(live.size(), kNobody);
  frame.pools.live = std::move(live);
  return frame;
}

TEST(Document, columns_come_back_as_they_went) {
  MappedHeap heap;
  heap.frames.push_back(frame_of({1, 300, 65535, 7}));
  heap.frames.push_back(frame_of({1, 301, 65535, 8, 900, 4}));
  heap.frames[1].spans.push_back({5, 1, 0x123456789a});
  heap.facts.resize(2);
  heap.facts[1].command = "bytes \xff of no UTF-8";
  heap.facts[1].range = 0x7f0000000000;
  const std::string document = encode({heap});
  const auto frames = text_of(document)["heaps"][0]["frames"];
  ASSERT_EQ(frames.size(), 2u);
  const auto first = decode(document, frames[0]["columns"]["live"]);
  EXPECT_EQ(first, (std::vector<std::uint64_t>{1, 300, 65535, 7}));
  ASSERT_TRUE(frames[1]["columns"]["live"].contains("after"));
  EXPECT_EQ(decode(document, frames[1]["columns"]["live"], first),
            (std::vector<std::uint64_t>{1, 301, 65535, 8, 900, 4}));
  EXPECT_EQ(decode(document, frames[1]["columns"]["span_bytes"]),
            (std::vector<std::uint64_t>{0x123456789a}));
  EXPECT_EQ(frames[1]["range"], "139637976727552");
}

TEST(Document, what_is_not_known_is_not_there) {
  MappedHeap heap;
  heap.frames.push_back(frame_of({1, 2}));
  heap.frames.push_back(frame_of({1, 2}));
  heap.frames[1].pools.resident = {16, 0};
  heap.facts.resize(2);
  const auto frames = text_of(encode({heap}))["heaps"][0]["frames"];
  EXPECT_FALSE(frames[0]["columns"].contains("resident"));
  ASSERT_TRUE(frames[1]["columns"].contains("resident"));
  EXPECT_FALSE(frames[1]["columns"]["resident"].contains("after"));
}

TEST(Document, blocks_on_guard_pages_are_said_if_there_are_any) {
  MappedHeap heap;
  heap.frames.push_back(frame_of({1}));
  heap.frames.push_back(frame_of({1}));
  heap.frames[1].on_pages = {7, {{3, 20, 1000}}, {{0x7f0000001, 3, 4096, 100, 3, 0}}, 5};
  heap.facts.resize(2);
  const auto frames = text_of(encode({heap}))["heaps"][0]["frames"];
  EXPECT_FALSE(frames[0].contains("on_pages"));
  EXPECT_EQ(frames[1]["on_pages"],
            nlohmann::json::parse(R"({"freed":7,"sites":[[3,20,1000]],"left_out":5})"));
  EXPECT_FALSE(frames[0]["columns"].contains("guarded_page"));
  const auto& columns = frames[1]["columns"];
  EXPECT_EQ(columns["guarded_page"]["type"], "u64");
  for (const char* name : {"page", "pages", "offset", "bytes", "site", "freed"})
    EXPECT_EQ(columns["guarded_" + std::string(name)]["count"], 1) << name;
}

TEST(Page, base64_of_known_texts) {
  // RFC 4648, section 10.
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xff\xfb"), "//s=");
}

TEST(Page, deflate_is_undone_by_zlib) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += std::to_string(i % 37);
  const std::string packed = deflate(text);
  EXPECT_LT(packed.size(), text.size() / 10);
  std::string back(text.size(), '\0');
  uLongf size = back.size();
  ASSERT_EQ(uncompress(reinterpret_cast<Bytef*>(back.data()), &size,
                       reinterpret_cast<const Bytef*>(packed.data()), packed.size()),
            Z_OK);
  EXPECT_EQ(back.substr(0, size), text);
}

TEST(Page, holds_everything_and_asks_for_nothing) {
  const std::string page = make_page("the document");
  EXPECT_TRUE(page.starts_with("<!DOCTYPE html>"));
  EXPECT_NE(page.find(base64(deflate("the document"))), std::string::npos);
  for (const char* place : {"@STYLE@", "@D3@", "@SCRIPTS@", "@DATA@"})
    EXPECT_EQ(page.find(place), std::string::npos) << place;
  for (const char* outside : {"<script src", "<link rel=\"stylesheet\"", "@import", "url(http"})
    EXPECT_EQ(page.find(outside), std::string::npos) << outside;
  EXPECT_NE(page.find("d3js.org/d3-zoom"), std::string::npos) << "d3's notices stay";
  EXPECT_TRUE(page.ends_with("</html>\n"));
}

}  // namespace
}  // namespace arenite::map
