// SPDX-License-Identifier: MIT
// What is said of a pool, a span, or a block under the pointer: pairs of a name and a text.

const kUseNames = ["free, never used", "free, pages kept", "free, pages given back", "attached", "listed", "full", "span", "unclear", "span"];

const poolAddress = (state, pool) => state.frame.range + BigInt(pool) * BigInt(state.heap.pool_bytes);

/// `block`: a number, or -1.
function describePool(state, pool, block) {
  const { heap, frame } = state;
  const rows = [["", `pool ${count(pool)} · arena ${count(Math.floor(pool / heap.arena_pools))}, ${pool % heap.arena_pools}`]];
  if (block >= 0) rows.push(...describeBlock(state, pool, block));
  else rows.push(["address", hex(poolAddress(state, pool))]);
  if (frame.size_class[pool] !== kNoClass) rows.push(...describeBlocks(state, pool));
  else if (frame.span_of[pool] >= 0) rows.push(...describeSpan(state, frame.span_of[pool]));
  else rows.push(["state", kUseNames[frame.use[pool]]]);
  if (frame.resident) rows.push(["in memory", `${frame.resident[pool]} of ${heap.pool_bytes / heap.page_bytes} pages`]);
  if (state.frames.length > 1) rows.push(...describeChange(state, pool));
  return rows;
}

function describeBlock(state, pool, block) {
  const { heap, frame } = state;
  const size = heap.block_bytes[frame.size_class[pool]];
  const states = blockStates(heap, frame, pool);
  return [
    ["block", `${count(block)}, ${states === null ? Block.unknown : states(block)}`],
    ["address", hex(poolAddress(state, pool) + BigInt(block) * BigInt(size))],
  ];
}

function describeBlocks(state, pool) {
  const { heap, frame } = state;
  const size_class = frame.size_class[pool], capacity = heap.capacities[size_class];
  const owner = frame.owner[pool];
  const rows = [
    ["state", kUseNames[frame.use[pool]] + (owner !== kNobody ? ` to ${threadName(frame)(owner)}` : "")],
    ["class", `blocks of ${bytes(heap.block_bytes[size_class])}`],
    ["live", `${count(frame.live[pool])} of ${count(capacity)} blocks (${percent(frame.live[pool], capacity)})`],
  ];
  if (frame.held[pool] > 0) rows.push(["in arrays", plural(frame.held[pool], "block")]);
  if (frame.carved[pool] < capacity) rows.push(["never handed out", plural(capacity - frame.carved[pool], "block")]);
  rows.push(["kept", bytes(frame.kept[pool]) + (frame.pinned[pool] > 0 ? `, ${bytes(frame.pinned[pool])} of it pinned` : "")]);
  return [...rows, ...describeSite(state, pool)];
}

function describeSite(state, pool) {
  const { heap, frame } = state;
  return frame.site && frame.site[pool] !== kNoSite ? [["mostly from", heap.sites[frame.site[pool]].name]] : [];
}

function describeSpan(state, span) {
  const { frame } = state;
  return [
    ["state", "span (large block)"],
    ["begins", `${hex(poolAddress(state, frame.span_pool[span]))}, pool ${count(frame.span_pool[span])}`],
    ["length", `${plural(frame.span_pools[span], "pool")}, ${bytes(frame.span_bytes[span])} usable`],
    ...describeSite(state, frame.span_pool[span]),
  ];
}

function describeChange(state, pool) {
  if (state.since === state.at) return [];
  const old = state.frames[state.since];
  if (pool >= old.pool_count) return [["before", "its arena was not there"]];
  const was = old.size_class[pool] !== kNoClass ? `${bytes(state.heap.block_bytes[old.size_class[pool]])} blocks, ${count(old.live[pool])} live` : kUseNames[old.use[pool]];
  return [[`in snapshot ${state.since + 1}`, was]];
}

const asList = (rows) => make("dl", {}, ...rows.flatMap(([name, text]) =>
  name === "" ? [make("div", { class: "head" }, text)] : [make("dt", {}, name), make("dd", {}, text)]));
const asSentence = (rows) => rows.map(([name, text]) => (name === "" ? text : `${name} ${text}`)).join("; ");
