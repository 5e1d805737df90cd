// SPDX-License-Identifier: MIT
// Everything beside the picture: numbers, legend, the selected pool, the most pinned arenas, and
// classes by occupancy.

const swatch = (colour) => make("span", { class: "key", style: `background:${colour}` });

function showSubject(state) {
  const { frame, heap } = state;
  const what = [frame.command && `${frame.command}${frame.pid ? ` (${frame.pid})` : ""}`, instant(frame.time_ms), frame.source,
    `${heap.geometry} geometry, pools of ${bytes(heap.pool_bytes)}`];
  $("subject").textContent = what.filter(Boolean).join(" · ");
  const doubts = [frame.torn, frame.pools_left_out > 0 && `${plural(frame.pools_left_out, "pool")} beyond the first ${count(frame.pool_count)} are left out`,
    frame.sums.uses[Use.unclear] > 0 && `${plural(frame.sums.uses[Use.unclear], "pool")} could not be read or made no sense`].filter(Boolean);
  $("warning").hidden = doubts.length === 0;
  $("warning").textContent = doubts.join(" · ");
}

function showNumbers(state) {
  const { frame, heap } = state, sums = frame.sums, uses = sums.uses;
  const used = uses[Use.attached] + uses[Use.listed] + uses[Use.full];
  const free = uses[Use.untouched] + uses[Use.dirty] + uses[Use.decommitted];
  const on_pages = onPages(frame);
  const number = (value, name) => make("div", {}, make("b", {}, value), make("span", {}, name));
  $("numbers").replaceChildren(
    number(bytes(sums.live), "in live blocks"),
    number(bytes(sums.kept), frame.resident ? "kept in memory" : "kept, at most"),
    number(bytes(sums.pinned), `pinned around live blocks (${percent(sums.pinned, sums.kept)})`),
    number(bytes(sums.idle), "kept without a live block"),
    number(count(frame.pool_count / heap.arena_pools), "arenas"),
    number(`${count(used)} / ${count(free)}`, "pools of blocks / free"),
    number(count(sums.spans), "spans"),
    on_pages === null ? "" : number(bytes(on_pages.bytes), "live on guard pages"),
    number(count(frame.threads.length), frame.threads.length === 1 ? "thread" : "threads"));
}

function showModes(state) {
  const buttons = kModes.map((mode, i) => {
    const missing = mode.missing(state);
    return make("button", {
      type: "button", role: "radio", "aria-checked": String(mode === state.mode), disabled: missing !== "", id: `mode-${mode.id}`,
      title: missing === "" ? `Colour by ${mode.name.toLowerCase()} (${i + 1})` : `${mode.name}: ${missing}`, onclick: () => state.setMode(mode),
    }, mode.name);
  });
  const since = make("label", { class: "since" }, "compared with ", make("select", { id: "since", onchange: (event) => state.setSince(Number(event.target.value)) },
    ...state.frames.map((frame, i) => make("option", { value: i, selected: i === state.since }, frameName(state, i)))));
  $("modes").replaceChildren(...buttons, state.mode.id === "change" ? since : "");
}
const frameName = (state, i) => `snapshot ${i + 1}` + (state.frames[i].time_ms > 0 && state.frames[0].time_ms > 0 && i > 0 ? ` (+${elapsed(state.frames[i].time_ms - state.frames[0].time_ms)})` : "");

function showLegend(state) {
  const { painted, filter } = state;
  const list = make("ul", { class: "items" });
  for (const [code, { name, colour }] of painted.entries) {
    const pools = painted.pools[code];
    if (pools === 0) continue;
    const pressed = filter !== null && filter.code === code;
    list.append(make("li", {}, make("button", { type: "button", "aria-pressed": String(pressed), title: name, "data-code": code, onclick: () => state.setFilter(pressed ? null : { code }) },
      swatch(colour), make("span", { class: "label" }, name), make("span", {}, count(pools)), make("span", {}, painted.live[code] > 0 ? bytes(painted.live[code]) : ""))));
  }
  $("legend").replaceChildren(make("h2", {}, `${state.mode.name}: pools and live bytes`), ...(state.mode.ramp ? [rampOf(state), list] : [list]),
    state.filter !== null ? make("button", { type: "button", onclick: () => state.setFilter(null) }, "show all (Esc)") : "");
  // Many classes: the ramp says it, and the list scrolls.
  list.style.cssText = state.mode.ramp && list.children.length > 14 ? "max-height:270px;overflow-y:auto" : "";
}

function rampOf(state) {
  const colour = ramp(kViridis, state.theme.viridis);
  const stops = d3.range(0, 1.01, 0.1).map((t) => colour(t)).join(",");
  return make("div", {}, make("span", { class: "ramp", style: `background:linear-gradient(to right,${stops})` }),
    make("div", { class: "ramp-ends" }, ...state.painted.ends.map((text) => make("span", {}, text))));
}

function showSelected(state) {
  const { selected, frame, heap } = state;
  const section = $("selected");
  if (selected.pool < 0 || selected.pool >= frame.pool_count) {
    section.replaceChildren(make("h2", {}, "Selected"), make("div", { class: "quiet" }, "Click a pool, or move with the arrow keys; zoom in for blocks."));
    return;
  }
  const site = frame.site && frame.site[selected.pool] !== kNoSite ? heap.sites[frame.site[selected.pool]] : null;
  section.replaceChildren(make("h2", {}, "Selected"), asList(describePool(state, selected.pool, selected.block)),
    site !== null && site.stack.length > 0 ? make("div", { class: "quiet" }, ...site.stack.slice(0, 8).map((line) => make("div", {}, make("code", { title: line }, withoutFolders(line))))) : "");
}

function showPinned(state) {
  const { heap, frame } = state;
  state.pinned_arenas = state.pinned_arenas_of === frame ? state.pinned_arenas : pinnedArenas(heap, frame);
  state.pinned_arenas_of = frame;
  const arena_bytes = heap.pool_bytes * heap.arena_pools;
  const who = (key) => frame.site ? (key === kNoSite ? "no site known" : heap.sites[key].name) : `${bytes(heap.block_bytes[key])} blocks`;
  const rows = state.pinned_arenas.slice(0, 8).map((arena) => {
    const first = arena.index * heap.arena_pools;
    const pinners = pinnersOf(frame, first, first + heap.arena_pools);
    const gauge = (name, n) => make("i", { class: name, style: `width:${(100 * n) / arena_bytes}%` });
    return make("button", { type: "button", class: "row", title: "Go there", onclick: () => state.goArena(arena.index) },
      make("div", { class: "line" }, make("span", {}, `arena ${count(arena.index)}`), make("span", {}, `${bytes(arena.pinned)} pinned by ${bytes(arena.live)}`)),
      make("div", { class: "gauge" }, gauge("live", arena.live), gauge("pin", arena.pinned), gauge("idle", arena.idle)),
      make("div", { class: "who" }, pinners.slice(0, 3).map((p) => `${who(p.who)} ${percent(p.pinned, arena.pinned)}`).join(", ")));
  });
  $("pinned").replaceChildren(make("h2", {}, "Most pinned arenas"),
    ...(rows.length > 0 ? [make("div", { class: "quiet" }, swatch("var(--live)"), "live  ", swatch("var(--pinned)"), "pinned  ", swatch("var(--dirty)"), "idle"), ...rows] : [make("div", { class: "quiet" }, "Nothing is pinned.")]),
    frame.site || rows.length === 0 ? "" : make("div", { class: "quiet" }, "By class: sites are known only with the debug layer."));
}

/// Sums over the blocks on guard pages, which are in no pool; null if there are none.
function onPages(frame) {
  if (!frame.on_pages) return null;
  const { freed, sites } = frame.on_pages;
  return { freed, sites, blocks: d3.sum(sites, (site) => site[1]), bytes: d3.sum(sites, (site) => site[2]) };
}

function showOnPages(state) {
  const { heap, frame } = state, section = $("on-pages"), sums = onPages(frame);
  section.hidden = sums === null;
  if (sums === null) return;
  const most = 10, rest = sums.sites.slice(most);
  const colours = frame.guarded_page ? guardedSites(frame) : new Map();
  const row = (name, blocks, size, site) => make("tr", {}, make("td", { title: name }, colours.has(site) ? swatch(colours.get(site)) : "", name), make("td", {}, count(blocks)), make("td", {}, bytes(size)));
  section.replaceChildren(make("h2", {}, "Blocks on guard pages"),
    make("div", { class: "quiet" }, `${plural(sums.blocks, "live block")}, ${bytes(sums.bytes)}; ${count(sums.freed)} freed, pages closed. They lie outside the arenas.`),
    guardedPicture(state) || "",
    make("table", { class: "names" }, make("tr", {}, ...["site", "blocks", "bytes"].map((text) => make("th", { scope: "col" }, text))),
      ...sums.sites.slice(0, most).map(([site, blocks, size]) => row(site === kNoSite ? "no site known" : heap.sites[site].name, blocks, size, site)),
      rest.length > 0 ? row(`${plural(rest.length, "more site")}`, d3.sum(rest, (site) => site[1]), d3.sum(rest, (site) => site[2])) : ""));
}

function showMatrix(state) {
  const rows = classMatrix(state.heap, state.frame), section = $("matrix");
  if (rows.length === 0) return section.replaceChildren(make("h2", {}, "Classes by occupancy"), make("div", { class: "quiet" }, "No pool of blocks."));
  const left = 58, right = 50, width = 304, high = 13, cell = (width - left - right) / 10, top = 16;
  const svg = d3.create("svg").attr("viewBox", `0 0 ${width} ${top + rows.length * high + 2}`).attr("role", "grid");
  const most = d3.max(rows, (row) => d3.max(row.pools));
  const shade = d3.scaleSqrt().domain([0, most]).range([0.08, 1]);
  const colour = (n) => n === 0 ? state.theme.untouched : d3.interpolateRgb(state.theme.untouched, state.theme === Themes.dark ? "#8cc4ff" : "#0b3d6b")(shade(n));
  const head = (x, text, anchor) => svg.append("text").attr("x", x).attr("y", 10).attr("text-anchor", anchor).text(text);
  head(left, "0 %", "start"), head(left + cell * 5, "live", "middle"), head(left + cell * 10, "100 %", "end"), head(width, "pinned", "end");
  rows.forEach((row, y) => {
    const at = top + y * high, name = bytes(state.heap.block_bytes[row.size_class]);
    svg.append("text").attr("x", left - 6).attr("y", at + 10).attr("text-anchor", "end").text(name);
    svg.append("text").attr("x", width).attr("y", at + 10).attr("text-anchor", "end").text(bytes(d3.sum(row.pinned)));
    for (let d = 0; d < 10; ++d) {
      const chosen = state.filter !== null && state.filter.size_class === row.size_class && state.filter.decile === d;
      const rect = svg.append("rect").attr("class", "cell" + (chosen ? " chosen" : "")).attr("x", left + d * cell + 0.5).attr("y", at + 0.5).attr("width", cell - 1).attr("height", high - 1)
        .attr("fill", colour(row.pools[d])).attr("role", "gridcell").attr("data-class", row.size_class).attr("data-decile", d);
      const text = `${name}, ${d * 10} – ${d * 10 + 10} % live: ${plural(row.pools[d], "pool")}, ${bytes(row.pinned[d])} pinned`;
      rect.attr("aria-label", text).append("title").text(text);
      if (row.pools[d] === 0) continue;
      const choose = () => state.setFilter(chosen ? null : { size_class: row.size_class, decile: d });
      rect.attr("tabindex", 0).on("click", choose).on("keydown", () => {
        if (d3.event.key === "Enter" || d3.event.key === " ") d3.event.preventDefault(), choose();
      });
    }
  });
  section.replaceChildren(make("h2", {}, "Classes by occupancy: pools"), svg.node());
}

function showPanels(state) {
  showSubject(state);
  showNumbers(state);
  showModes(state);
  showLegend(state);
  showSelected(state);
  showChanges(state);
  showPinned(state);
  showOnPages(state);
  showMatrix(state);
}
