// SPDX-License-Identifier: MIT
// The document in the page, decoded: debug/map/document.hpp says how it is laid out.

async function unpack(text) {
  const packed = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const kArrays = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, u64: Float64Array };

/// A column from its planes; `before` is the one it was written as a difference to, if it was.
function decodeColumn(raw, column, before) {
  const width = parseInt(column.type.slice(1), 10) / 8;
  const n = column.count;
  const values = new kArrays[column.type](n);
  let factor = 1;
  for (let plane = 0; plane < width; ++plane, factor *= 256) {
    const at = column.at + plane * n;
    for (let i = 0; i < n; ++i) values[i] += raw[at + i] * factor;
  }
  if (column.after) for (let i = Math.min(n, before.length); i-- > 0;) values[i] ^= before[i];
  return values;
}

function decodeFrame(raw, frame, before) {
  frame.range = BigInt(frame.range);
  for (const [name, column] of Object.entries(frame.columns))
    frame[name] = decodeColumn(raw, column, before && before[name]);
  delete frame.columns;
  // Of each pool of a span, the span's place in the lists.
  frame.span_of = new Int32Array(frame.pool_count).fill(-1);
  frame.span_pool.forEach((pool, i) => frame.span_of.fill(i, pool, pool + frame.span_pools[i]));
  return frame;
}

async function readDocument() {
  const raw = await unpack($("data").textContent);
  const length = new DataView(raw.buffer).getUint32(0, true);
  const content = JSON.parse(new TextDecoder().decode(raw.subarray(4, 4 + length)));
  const columns = raw.subarray(4 + length);
  for (const heap of content.heaps) {
    for (const site of heap.sites) site.name = withoutFolders(site.name);
    let before = null;
    for (const frame of heap.frames) before = decodeFrame(columns, frame, before);
  }
  return content;
}

/// Codes of `use`, as debug/map/heap_frame.hpp numbers them.
const Use = { untouched: 0, dirty: 1, decommitted: 2, attached: 3, listed: 4, full: 5, span: 6, unclear: 7, spanRest: 8 };
const kNoClass = 0xff, kNobody = 0xffff, kNoSite = 0xffff;
