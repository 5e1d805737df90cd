// SPDX-License-Identifier: MIT
// What follows from a frame's columns, pool by pool and in sums. Kept: what a pool keeps from the
// system. Pinned: what it keeps around live blocks and holds nothing. Idle: kept without a live block.

/// Fills in frame.live_bytes, .kept, .pinned (of each pool) and .sums.
function measure(heap, frame) {
  const n = frame.pool_count;
  const live = (frame.live_bytes = new Uint32Array(n));
  const kept = (frame.kept = new Uint32Array(n));
  const pinned = (frame.pinned = new Uint32Array(n));
  for (let i = 0; i < n; ++i) {
    live[i] = liveBytesOf(heap, frame, i);
    kept[i] = keptBytesOf(heap, frame, i);
    pinned[i] = live[i] > 0 ? Math.max(0, kept[i] - live[i]) : 0;
  }
  frame.sums = sumUp(frame);
}

function liveBytesOf(heap, frame, pool) {
  if (frame.size_class[pool] !== kNoClass) return frame.live[pool] * heap.block_bytes[frame.size_class[pool]];
  const span = frame.span_of[pool];
  if (span < 0) return 0;
  const before = (pool - frame.span_pool[span]) * heap.pool_bytes;
  return Math.max(0, Math.min(heap.pool_bytes, frame.span_bytes[span] - before));
}

function keptBytesOf(heap, frame, pool) {
  if (frame.resident) return frame.resident[pool] * heap.page_bytes;
  const size_class = frame.size_class[pool];
  const wholePages = (size) => Math.min(heap.pool_bytes, Math.ceil(size / heap.page_bytes) * heap.page_bytes);
  if (size_class !== kNoClass) return wholePages(frame.carved[pool] * heap.block_bytes[size_class]);
  if (frame.span_of[pool] >= 0) return wholePages(frame.live_bytes[pool]);
  return frame.use[pool] === Use.dirty ? heap.pool_bytes : 0;
}

function sumUp(frame) {
  const sums = { live: 0, kept: 0, pinned: 0, idle: 0, uses: new Uint32Array(9), spans: frame.span_pool.length };
  for (let i = 0; i < frame.pool_count; ++i) {
    sums.live += frame.live_bytes[i];
    sums.kept += frame.kept[i];
    sums.pinned += frame.pinned[i];
    if (frame.live_bytes[i] === 0) sums.idle += frame.kept[i];
    ++sums.uses[frame.use[i]];
  }
  return sums;
}

/// Arenas by pinned bytes, most first; each with its sums. Arenas that pin nothing are left out.
function pinnedArenas(heap, frame) {
  const arenas = [];
  for (let first = 0; first < frame.pool_count; first += heap.arena_pools) {
    const arena = { index: first / heap.arena_pools, live: 0, kept: 0, pinned: 0, idle: 0 };
    for (let i = first; i < first + heap.arena_pools; ++i) {
      arena.live += frame.live_bytes[i];
      arena.kept += frame.kept[i];
      arena.pinned += frame.pinned[i];
      if (frame.live_bytes[i] === 0) arena.idle += frame.kept[i];
    }
    if (arena.pinned > 0) arenas.push(arena);
  }
  return arenas.sort((a, b) => b.pinned - a.pinned || a.index - b.index);
}

/// Who pins in [first, last): pinned bytes by site if sites are known, by class otherwise; most first.
function pinnersOf(frame, first, last) {
  const by = new Map();
  for (let i = first; i < last; ++i) {
    if (frame.pinned[i] === 0 || frame.size_class[i] === kNoClass) continue;
    const who = frame.site ? frame.site[i] : frame.size_class[i];
    by.set(who, (by.get(who) || 0) + frame.pinned[i]);
  }
  return [...by].map(([who, pinned]) => ({ who, pinned })).sort((a, b) => b.pinned - a.pinned);
}

/// Live of what there is room for, 0 to 1; NaN for a pool that holds nothing at all by its nature.
function occupancy(heap, frame, pool) {
  const size_class = frame.size_class[pool];
  if (size_class !== kNoClass) return frame.live[pool] / heap.capacities[size_class];
  return frame.span_of[pool] >= 0 ? frame.live_bytes[pool] / heap.pool_bytes : NaN;
}
const decile = (share) => Math.min(9, Math.floor(share * 10));

/// Of each class in use ten counts, of pools by occupancy.
function classMatrix(heap, frame) {
  const rows = heap.block_bytes.map((_, size_class) => ({ size_class, pools: new Uint32Array(10), pinned: new Float64Array(10) }));
  for (let i = 0; i < frame.pool_count; ++i) {
    if (frame.size_class[i] === kNoClass) continue;
    const row = rows[frame.size_class[i]], d = decile(frame.live[i] / heap.capacities[frame.size_class[i]]);
    ++row.pools[d];
    row.pinned[d] += frame.pinned[i];
  }
  return rows.filter((row) => d3.sum(row.pools) > 0);
}

/// Classes with a pool in any of the frames, ascending.
function classesUsed(frames) {
  const used = new Uint8Array(256);
  for (const frame of frames) for (const size_class of frame.size_class) used[size_class] = 1;
  return d3.range(kNoClass).filter((size_class) => used[size_class] === 1);
}

/// Of each class in use its place on a ramp, 0 to 1, ascending: half by rank, half by the share of
/// all pools below it, so that those that fill the picture differ most.
function classPlaces(used, frames) {
  const pools = new Float64Array(256);
  for (const frame of frames) for (const size_class of frame.size_class) ++pools[size_class];
  const places = [];
  const all = d3.sum(used, (size_class) => pools[size_class]);
  const first = pools[used[0]], span = Math.max(1, all - first / 2 - pools[used[used.length - 1]] / 2);
  let below = -first / 2;
  used.forEach((size_class, rank) => {
    const middle = below + pools[size_class] / 2;
    places[size_class] = used.length < 2 ? 0.5 : (rank / (used.length - 1) + middle / span) / 2;
    below += pools[size_class];
  });
  return places;
}

/// Since which frame each pool has been what it is now: same use of memory, same class.
function sinceFrame(heap, frames, at) {
  const now = frames[at];
  const since = new Uint16Array(now.pool_count).fill(at);
  const kind = (frame, i) => frame.span_of[i] >= 0 ? 254 : frame.size_class[i] !== kNoClass ? frame.size_class[i] : 255;
  for (let i = 0; i < now.pool_count; ++i)
    for (let k = at; k-- > 0 && i < frames[k].pool_count && kind(frames[k], i) === kind(now, i);) since[i] = k;
  return since;
}
