// SPDX-License-Identifier: MIT
// What is shown, and what changes it. Tests reach it as window.arenite.

class State {
  constructor(content) {
    this.content = content;
    this.cursor = -1;
    this.selected = { pool: -1, block: -1 };
    this.filter = this.match = null;
    this.mode = kModes[0];
    this.setTheme(localTheme());
    this.takeHeap(0);
  }

  takeHeap(index) {
    this.heap = this.content.heaps[index];
    this.frames = this.heap.frames;
    for (const frame of this.frames)
      if (!frame.sums) measure(this.heap, frame), indexDetail(this.heap, frame);
    this.heap.classes_used = classesUsed(this.frames);
    this.heap.class_places = classPlaces(this.heap.classes_used, this.frames);
    this.at = this.frames.length - 1;
    this.since = 0;
    this.frame = this.frames[this.at];
    this.mode = this.frames.length === 2 ? kModes[7] : kModes[0];
    this.cursor = -1;
    this.selected = { pool: -1, block: -1 };
    this.filter = this.match = null;
    this.colour();
  }

  start() {
    this.view = new View(this);
    this.timeline = new Timeline(this);
    this.view.fit();
    this.refresh();
  }

  colour() { this.painted = applyMode(this.mode, this, this.theme); }
  refresh() {
    showPanels(this);
    this.timeline.show();
    this.view.repaint();
  }

  setMode(mode) {
    this.mode = mode;
    if (this.filter !== null && this.filter.code !== undefined) this.filter = this.match = null;
    this.colour();
    this.refresh();
  }
  setSince(since) {
    this.since = since;
    this.colour();
    this.refresh();
  }
  setFrame(at) {
    if (at < 0 || at >= this.frames.length || at === this.at) return;
    const pools = this.frame.pool_count;
    this.at = at;
    this.frame = this.frames[at];
    if (this.mode.missing(this) !== "") this.mode = kModes[0];
    this.colour();
    this.setFilter(this.filter);
    if (this.frame.pool_count !== pools) this.view.fit();
    this.cursor = Math.min(this.cursor, this.frame.pool_count - 1);
  }
  /// {code}: pools of a colour; {size_class, decile}: pools of a class by occupancy; null: all.
  setFilter(filter) {
    const { heap, frame, painted } = this;
    this.filter = filter;
    this.match = filter === null ? null
      : filter.code !== undefined ? (pool) => painted.codes[pool] === filter.code
        : (pool) => frame.size_class[pool] === filter.size_class && decile(occupancy(heap, frame, pool)) === filter.decile;
    this.refresh();
  }

  select(pool, block) {
    this.cursor = pool;
    this.selected = { pool, block };
    $("spoken").textContent = pool < 0 ? "nothing selected" : asSentence(describePool(this, pool, block));
    showSelected(this);
    this.view.redraw();
  }
  move([dx, dy], by) {
    const { heap, frame, picture } = this;
    const step = dx + dy * heap.arena_pools;
    let pool = this.cursor < 0 ? 0 : this.cursor + step * by;
    // Sideways from row to row, but not past the first or last pool.
    pool = Math.max(0, Math.min(frame.pool_count - 1, pool));
    this.select(pool, -1);
    if (picture) this.view.follow();
  }
  goArena(arena) {
    this.select(arena * this.heap.arena_pools, -1);
    this.view.enterArena(arena);
  }
  nextPinned(by) {
    const n = Math.min(this.pinned_arenas.length, 100);
    if (n === 0) return;
    this.pinned_at = this.pinned_at === undefined ? (by > 0 ? 0 : n - 1) : (this.pinned_at + by + n) % n;
    this.goArena(this.pinned_arenas[this.pinned_at].index);
  }
  /// To the pool and block an address lies in; false if it is none of the heap's.
  goAddress(text) {
    if (!/^\s*(0x)?[0-9a-f]{1,16}\s*$/i.test(text)) return false;
    const at = BigInt("0x" + text.trim().replace(/^0x/i, "")) - this.frame.range;
    const pool_bytes = BigInt(this.heap.pool_bytes);
    if (at < 0n || at >= pool_bytes * BigInt(this.frame.pool_count)) return false;
    const pool = Number(at / pool_bytes), size_class = this.frame.size_class[pool];
    const block = size_class === kNoClass ? -1 : Math.floor(Number(at % pool_bytes) / this.heap.block_bytes[size_class]);
    this.select(pool, size_class !== kNoClass && block < this.heap.capacities[size_class] ? block : -1);
    this.view.enter(pool);
    return true;
  }

  setTheme(name) {
    this.theme_name = name;
    const dark = name === "dark" || (name === "system" && window.matchMedia("(prefers-color-scheme: dark)").matches);
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    this.theme = dark ? Themes.dark : Themes.light;
    $("theme").textContent = name;
    if (!this.view) return;
    this.colour();
    this.refresh();
  }
  nextTheme() {
    const names = ["system", "light", "dark"];
    const name = names[(names.indexOf(this.theme_name) + 1) % 3];
    try { localStorage.setItem("arenite-map-theme", name); } catch { /* A page from disk may have no storage. */ }
    this.setTheme(name);
  }
}

function localTheme() {
  try { return localStorage.getItem("arenite-map-theme") || "system"; } catch { return "system"; }
}

function listen(state) {
  listenToKeys(state);
  $("theme").addEventListener("click", () => state.nextTheme());
  $("help-button").addEventListener("click", () => $("help").showModal());
  $("zoom-in").addEventListener("click", () => state.view.by(2));
  $("zoom-out").addEventListener("click", () => state.view.by(0.5));
  $("zoom-fit").addEventListener("click", () => state.view.all());
  $("go").addEventListener("submit", (event) => {
    event.preventDefault();
    const found = state.goAddress($("address").value);
    $("address").setAttribute("aria-invalid", String(!found));
    if (found) $("stage").focus();
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => state.setTheme(state.theme_name));
  const { heaps } = state.content;
  $("heap-choice").hidden = heaps.length < 2;
  $("heap").append(...heaps.map((heap, i) => make("option", { value: i }, heap.frames[0].module || `heap ${i + 1}`)));
  $("heap").addEventListener("change", () => {
    state.takeHeap(Number($("heap").value));
    state.view.fit();
    state.refresh();
  });
}

async function main() {
  try {
    const begun = performance.now();
    const content = await readDocument();
    const decoded = performance.now();
    const state = new State(content);
    listen(state);
    state.start();
    state.view.drawNow();
    window.arenite = { state, guardedRows, categories: kCategories, class_places: classPlaces, decode_ms: decoded - begun, show_ms: performance.now() - decoded, ready_ms: performance.now() };
  } catch (error) {
    $("warning").hidden = false;
    $("warning").textContent = `This map cannot be shown: ${error.message}`;
    window.arenite = { error: String(error.stack) };
    throw error;
  }
}
main();
