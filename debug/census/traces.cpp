// SPDX-License-Identifier: MIT
#include "debug/census/traces.hpp"

#include "debug/layer/layer_stretches.hpp"

namespace arenite {
namespace {

using Layers = std::vector<LayerBlocks<AnyView>>;

}  // namespace

Traces traces_of(const AnyView& view, const Examination& examination) {
  Traces traces;
  Layers layers;
  std::vector<ScriptNames<AnyView>> scripts;
  for (const HeapReport& heap : examination.heaps) {
    if (!heap.layer.there()) continue;
    layers.emplace_back(view, heap.result.plan, heap.layer.plan);
    scripts.emplace_back(view, heap.layer.plan);
    for (const Region& table : layer_tables(view, heap.layer.plan)) traces.tables.push_back(table);
  }
  if (layers.empty()) return traces;
  traces.tables = disjoint(std::move(traces.tables));
  traces.find = [layers](Address at, BlockFacts& facts) {
    for (const LayerBlocks<AnyView>& layer : layers)
      if (layer.find(at, facts)) return true;
    return false;
  };
  traces.each_on_pages = [layers](const std::function<void(const BlockFacts& facts)>& visit) {
    for (const LayerBlocks<AnyView>& layer : layers)
      layer.each_on_pages([&](const LayerBlock& block) { visit(block.facts); });
  };
  // Stacks are numbered by one depot: a process has one layer in use.
  traces.frames = [layer = layers.front()](StackId stack) {
    std::vector<Address> frames(StackDepot::kMostFrames);
    frames.resize(layer.stack(stack, frames.data(), StackDepot::kMostFrames));
    return frames;
  };
  traces.script = [names = scripts.front()](Address frame) -> std::optional<ScriptLocation> {
    ScriptLocation location;
    if (!names.find(frame, location)) return std::nullopt;
    return location;
  };
  return traces;
}

}  // namespace arenite
