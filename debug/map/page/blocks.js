// SPDX-License-Identifier: MIT
// The blocks of a pool: what is known of each, and where it lies in the pool's cell.

const Block = { live: "live", free: "free", held: "in a thread's array", uncarved: "never handed out", unknown: "not in this file" };

function indexDetail(heap, frame) {
  frame.detail_at = new Map();
  let at = 0;
  frame.detail_pools.forEach((pool) => {
    frame.detail_at.set(pool, at);
    at += Math.ceil(heap.capacities[frame.size_class[pool]] / 8);
  });
  frame.held_of = new Map();
  frame.held_pools.forEach((pool, i) => {
    if (!frame.held_of.has(pool)) frame.held_of.set(pool, new Set());
    frame.held_of.get(pool).add(frame.held_blocks[i]);
  });
}

/// A function from a block's number to its state.
function blockStates(heap, frame, pool) {
  const capacity = heap.capacities[frame.size_class[pool]];
  if (frame.live[pool] === capacity) return () => Block.live;
  if (frame.live[pool] === 0 && frame.held[pool] === 0)
    return (block) => block < frame.carved[pool] ? Block.free : Block.uncarved;
  const at = frame.detail_at.get(pool);
  if (at === undefined) return null;
  const held = frame.held_of.get(pool) || new Set();
  return (block) =>
    held.has(block) ? Block.held
      : ((frame.detail_free[at + (block >> 3)] >> (block & 7)) & 1) === 0 ? Block.live
        : block < frame.carved[pool] ? Block.free : Block.uncarved;
}

/// Rows and columns that make the cells of `capacity` blocks about square in a box.
function blockGrid(capacity, width, height) {
  const columns = Math.max(1, Math.min(capacity, Math.round(Math.sqrt((capacity * width) / height))));
  return { columns, rows: Math.ceil(capacity / columns) };
}

/// The block of a pool at a point given in parts of the cell, or -1.
function blockAt(heap, frame, pool, fx, fy, width, height) {
  const capacity = heap.capacities[frame.size_class[pool]];
  const { columns, rows } = blockGrid(capacity, width, height);
  const block = Math.floor(fy * rows) * columns + Math.floor(fx * columns);
  return block < capacity ? block : -1;
}
