// SPDX-License-Identifier: MIT
// Blocks on guard pages, drawn: a cell for each page, 64 in a row as pools in an arena, and a row
// only where there is something. They lie outside the arenas, far from each other.

const kPagesInRow = 64, kMostRows = 1024;
const PageUse = { none: 0, guard: 1, closed: 2, freed: 3, live: 4 };

/// Sites with most bytes have a colour of their own, others share one.
const guardedSites = (frame) => new Map(frame.on_pages.sites.slice(0, kCategories.length).map(([site], i) => [site, kCategories[i]]));

/// Rows in ascending order, each with the number of its first page, and of each of its pages what it
/// is used for and the stretch it lies in. Rows beyond kMostRows are only counted.
function guardedRows(frame) {
  const rows = new Map();
  let more = 0;
  const put = (page, use, stretch) => {
    const first = Math.floor(page / kPagesInRow);
    let row = rows.get(first);
    if (row === undefined) {
      if (rows.size === kMostRows) return false;
      rows.set(first, row = { first: first * kPagesInRow, use: new Uint8Array(kPagesInRow), stretch: new Int32Array(kPagesInRow).fill(-1) });
    }
    const i = page - row.first;
    // The page between two blocks is a guard of both; the one behind it has it.
    if (row.use[i] <= PageUse.guard || use !== PageUse.guard) row.use[i] = use, row.stretch[i] = stretch;
    return true;
  };
  const n = frame.guarded_page.length;
  for (let i = 0; i < n; ++i) {
    const first = frame.guarded_page[i], last = first + frame.guarded_pages[i] - 1;
    const begin = first + Math.floor(frame.guarded_offset[i] / 4096);
    const end = first + Math.floor((frame.guarded_offset[i] + Math.max(frame.guarded_bytes[i], 1) - 1) / 4096);
    for (let page = first; page <= last; ++page) {
      const use = page === first || page === last ? PageUse.guard : frame.guarded_freed[i] ? PageUse.freed : page >= begin && page <= end ? PageUse.live : PageUse.closed;
      if (put(page, use, i)) continue;
      // The rest of the row is not there either.
      const next = Math.min((Math.floor(page / kPagesInRow) + 1) * kPagesInRow, last + 1);
      more += next - page, page = next - 1;
    }
  }
  return { rows: [...rows.values()].sort((a, b) => a.first - b.first), more };
}

function guardedColour(state, sites, use, stretch) {
  const { frame, theme } = state;
  if (use === PageUse.live) return sites.get(frame.guarded_site[stretch]) || kOthers;
  return use === PageUse.guard ? theme.guard : use === PageUse.freed ? theme.dirty : use === PageUse.closed ? theme.decommitted : theme.ground;
}

/// What stands beside the pointer.
function guardedText(state, row, i) {
  const { frame, heap } = state, use = row.use[i], stretch = row.stretch[i];
  const page = hex(BigInt(row.first + i) * 4096n);
  if (use === PageUse.none) return `${page}: nothing`;
  const at = BigInt(frame.guarded_page[stretch]) * 4096n + BigInt(frame.guarded_offset[stretch]), site = frame.guarded_site[stretch];
  const block = `a ${frame.guarded_freed[stretch] ? "freed" : "live"} block of ${count(frame.guarded_bytes[stretch])} bytes at ${hex(at)}`;
  const what = use === PageUse.guard ? "guard page of" : use === PageUse.closed ? "closed page beside" : use === PageUse.freed ? "closed page of" : "page of";
  return `${page}: ${what} ${block}${site === kNoSite ? "" : `, from ${heap.sites[site].name}`}`;
}

const kGuardedCell = 4, kGuardedRow = 8;

/// The picture with its key and what is said of a page; null if no block is known one by one.
function guardedPicture(state) {
  const { frame } = state;
  if (!frame.on_pages || !frame.guarded_page) return null;
  const { rows, more } = guardedRows(frame), sites = guardedSites(frame), ratio = 2;
  const width = kGuardedCell * kPagesInRow, height = rows.length * kGuardedRow;
  const canvas = make("canvas", { id: "guarded-map", width: width * ratio, height: height * ratio, style: `width:${width}px;height:${height}px`, role: "img",
    "aria-label": `${plural(rows.length, "row")} of 64 pages with blocks on guard pages` });
  const draw = canvas.getContext("2d");
  draw.scale(ratio, ratio);
  rows.forEach((row, y) => {
    for (let i = 0; i < kPagesInRow; ++i) {
      if (row.use[i] === PageUse.none) continue;
      draw.fillStyle = guardedColour(state, sites, row.use[i], row.stretch[i]);
      // Pages of one block touch.
      const joined = i + 1 < kPagesInRow && row.use[i] !== PageUse.guard && row.stretch[i + 1] === row.stretch[i] && row.use[i + 1] === row.use[i];
      draw.fillRect(i * kGuardedCell, y * kGuardedRow, kGuardedCell - (joined ? 0 : 0.5), kGuardedRow - 1);
    }
  });
  const said = make("div", { id: "guarded-said", class: "quiet" }, "Point at a page.");
  canvas.addEventListener("pointermove", (event) => {
    const row = rows[Math.floor(event.offsetY / kGuardedRow)], i = Math.floor(event.offsetX / kGuardedCell);
    if (row !== undefined && i >= 0 && i < kPagesInRow) said.textContent = guardedText(state, row, i);
  });
  const left_out = (frame.on_pages.left_out || 0);
  const missing = [more > 0 && `${plural(more, "page")} beyond ${count(kMostRows)} rows`, left_out > 0 && plural(left_out, "block")].filter(Boolean);
  return make("div", {},
    make("div", { class: "quiet" }, "a page a cell: ", swatch("var(--live)"), "live, by site  ", swatch(state.theme.guard), "guard  ", swatch(state.theme.dirty), "freed  ", swatch(state.theme.decommitted), "closed"),
    make("div", { class: "guarded" }, canvas), said,
    missing.length > 0 ? make("div", { class: "quiet" }, `Not drawn: ${missing.join(" and ")}.`) : "");
}
