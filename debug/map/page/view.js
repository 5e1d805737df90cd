// SPDX-License-Identifier: MIT
// The window onto the picture: zoom, axes, cursor and tip. Drawing is put off to the next frame.

const kLeft = 46, kTop = 20;

class View {
  constructor(state) {
    this.state = state;
    this.stage = $("stage");
    this.raster = new Raster($("map"));
    this.axes = d3.select("#axes");
    this.shade = this.axes.append("rect").attr("class", "cursor-shade");
    this.cursor = this.axes.append("rect").attr("class", "cursor");
    this.axes.append("rect").attr("class", "margin").attr("width", kLeft).attr("height", "100%");
    this.axes.append("rect").attr("class", "margin").attr("width", "100%").attr("height", kTop);
    this.left = this.axes.append("g");
    this.between = this.axes.append("g");
    this.top = this.axes.append("g");
    state.transform = d3.zoomIdentity;
    this.zoom = d3.zoom().on("zoom", () => {
      state.transform = d3.event.transform;
      this.hideTip();
      this.redraw();
    });
    this.target = d3.select("#map").call(this.zoom).on("dblclick.zoom", null);
    $("map").style.cssText += `left:${kLeft}px;top:${kTop}px`;
    $("map").addEventListener("pointermove", (event) => this.hover(event));
    $("map").addEventListener("pointerleave", () => this.hideTip());
    $("map").addEventListener("click", (event) => this.click(event));
    $("map").addEventListener("dblclick", (event) => this.enter(this.poolUnder(event)));
    new ResizeObserver(() => this.fit()).observe(this.stage);
  }

  /// Lays the picture out anew for the window's size.
  fit() {
    const { state } = this;
    const width = Math.max(50, this.stage.clientWidth - kLeft), height = Math.max(50, this.stage.clientHeight - kTop);
    this.raster.resize(width, height);
    const arenas = Math.ceil(state.frame.pool_count / state.heap.arena_pools);
    const before = state.picture;
    state.picture = new Picture(arenas, state.heap.arena_pools, width - 6, height - 4);
    const { picture } = state;
    this.zoom.extent([[0, 0], [width, height]]).translateExtent([[0, 0], [width, height]])
      .scaleExtent([1, Math.max(8, Math.min(width, height) / picture.w)]);
    this.repaint();
    if (!before || before.rows !== picture.rows || before.w !== picture.w) this.target.call(this.zoom.transform, d3.zoomIdentity);
  }

  repaint() {
    const { state } = this;
    if (!state.picture) return;
    this.raster.paint(state.picture, state.painted, state.theme, state.match);
    this.redraw();
  }

  redraw() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.drawNow();
    });
  }

  drawNow() {
    const begun = performance.now();
    this.raster.draw(this.state);
    this.drawAxes();
    this.drawCursor();
    this.drawn_ms = performance.now() - begun;
  }

  drawAxes() {
    const { picture, transform } = this.state, width = this.raster.width, height = this.raster.height;
    const cellsAcross = picture.across(picture.columns);
    const x = transform.rescaleX(d3.scaleLinear().domain([0, cellsAcross]).range([0, cellsAcross * picture.w]));
    const y = transform.rescaleY(d3.scaleLinear().domain([0, picture.rows]).range([0, picture.rows * picture.h]));
    const inside = (at, length) => at >= -0.5 && at <= length;
    const stride = picture.cells + kGap, w = picture.w * transform.k;
    const first = Math.max(0, Math.min(picture.columns - 1, Math.floor(x.invert(0) / stride)));
    const rows = y.copy().domain([y.invert(0), y.invert(height)]).range([0, height]).ticks(Math.max(2, height / 60))
      .filter((row) => Number.isInteger(row) && row >= 0 && row < picture.rows && first * picture.rows + row < picture.arenas);
    this.left.attr("transform", `translate(${kLeft - 4},${kTop})`).call(
      d3.axisLeft(y).tickValues(rows.map((row) => row + 0.5).filter((row) => inside(y(row), height)))
        .tickFormat((row) => count(first * picture.rows + row - 0.5)).tickSize(3)).select(".domain").remove();
    this.drawBetween(x, y, rows, stride);
    const ticks = [];
    for (let column = 0; column < picture.columns; ++column) {
      const step = w * stride > 330 ? (w > 44 ? 1 : 8) : w * stride * (column % 8 + 1) > 0 ? 0 : -1;
      if (step === 0) ticks.push(column * stride);
      else for (let cell = 0; cell < picture.cells; cell += step) ticks.push(column * stride + cell + 0.5);
    }
    const labels = Math.ceil(58 / (w * stride));
    const name = (tick) => {
      const column = Math.floor(tick / stride);
      return Number.isInteger(tick) ? (column % labels === 0 ? count(column * picture.rows) + " ↓" : "") : Math.floor(tick - column * stride);
    };
    this.top.attr("transform", `translate(${kLeft},${kTop - 2})`).call(
      d3.axisTop(x).tickValues(ticks.filter((tick) => inside(x(tick), width))).tickFormat(name).tickSize(3))
      .selectAll("text").attr("text-anchor", (tick) => (Number.isInteger(tick) ? "start" : "middle"));
    this.top.select(".domain").remove();
  }

  /// Numbers of arenas in the gaps between columns, where there is room for them.
  drawBetween(x, y, rows, stride) {
    const { picture, transform } = this.state, labels = [];
    if (picture.w * transform.k * kGap >= 26)
      for (let column = 1; column < picture.columns; ++column)
        for (const row of rows) {
          const at = x(column * stride), arena = column * picture.rows + row;
          if (at > 30 && at < this.raster.width && y(row + 0.5) < this.raster.height && arena < picture.arenas)
            labels.push({ at, row, arena });
        }
    this.between.selectAll("text").data(labels).join("text").attr("text-anchor", "end")
      .attr("x", (label) => kLeft + label.at - 4).attr("y", (label) => kTop + y(label.row + 0.5) + 4).text((label) => count(label.arena));
  }

  drawCursor() {
    const { picture, transform, cursor } = this.state;
    const shown = cursor >= 0;
    for (const rect of [this.shade, this.cursor]) {
      rect.attr("visibility", shown ? "visible" : "hidden");
      if (!shown) continue;
      const w = Math.max(4, picture.w * transform.k), h = Math.max(4, picture.h * transform.k);
      rect.attr("x", kLeft + transform.applyX(picture.x(cursor)) - 1).attr("y", kTop + transform.applyY(picture.y(cursor)) - 1)
        .attr("width", w + 1).attr("height", h + 1);
    }
  }

  poolUnder(event) {
    const box = $("map").getBoundingClientRect();
    const [x, y] = this.state.transform.invert([event.clientX - box.left, event.clientY - box.top]);
    const pool = this.state.picture.poolAt(x, y);
    return pool < this.state.frame.pool_count ? pool : -1;
  }

  /// The block under the pointer where blocks are large enough to be meant, otherwise -1.
  blockUnder(event, pool) {
    const { heap, frame, picture, transform } = this.state;
    const w = picture.w * transform.k, h = picture.h * transform.k;
    if (frame.size_class[pool] === kNoClass || w < kBlocksFrom) return -1;
    const labelled = w >= kLabelsFrom && h >= 40;
    const width = w - 5, height = h - 5 - (labelled ? 16 : 0);
    const { columns, rows } = blockGrid(heap.capacities[frame.size_class[pool]], width, height);
    if (width / columns < kLeastBlock || height / rows < kLeastBlock) return -1;
    const box = $("map").getBoundingClientRect();
    const fx = (event.clientX - box.left - transform.applyX(picture.x(pool)) - 2) / width;
    const fy = (event.clientY - box.top - transform.applyY(picture.y(pool)) - 2 - (labelled ? 16 : 0)) / height;
    return fx >= 0 && fx < 1 && fy >= 0 && fy < 1 ? blockAt(heap, frame, pool, fx, fy, width, height) : -1;
  }

  hover(event) {
    const pool = this.poolUnder(event);
    if (pool < 0 || event.buttons !== 0) return this.hideTip();
    const tip = $("tip");
    tip.replaceChildren(asList(describePool(this.state, pool, this.blockUnder(event, pool))));
    tip.hidden = false;
    const box = this.stage.getBoundingClientRect();
    const x = event.clientX - box.left, y = event.clientY - box.top;
    const left = x + 16 + tip.offsetWidth > box.width ? x - 12 - tip.offsetWidth : x + 16;
    const top = y + 14 + tip.offsetHeight > box.height ? y - 10 - tip.offsetHeight : y + 14;
    tip.style.left = Math.max(2, left) + "px";
    tip.style.top = Math.max(2, top) + "px";
  }
  hideTip() { $("tip").hidden = true; }

  click(event) {
    if (event.defaultPrevented) return;
    const pool = this.poolUnder(event);
    this.state.select(pool, pool < 0 ? -1 : this.blockUnder(event, pool));
  }

  go(transform) {
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    (still ? this.target : this.target.transition().duration(280)).call(this.zoom.transform, transform);
  }
  by(factor) {
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const target = still ? this.target : this.target.transition().duration(160);
    const { cursor, picture, transform } = this.state;
    if (cursor < 0) return target.call(this.zoom.scaleBy, factor);
    // Towards the cursor, wherever it is.
    const k = Math.max(1, Math.min(this.zoom.scaleExtent()[1], transform.k * factor));
    this.go(this.centred(picture.x(cursor) + picture.w / 2, picture.y(cursor) + picture.h / 2, k));
  }
  all() { this.go(d3.zoomIdentity); }
  centred(x, y, k) {
    const { width, height } = this.raster;
    const clamp = (t, length) => Math.min(0, Math.max(length - length * k, t));
    return d3.zoomIdentity.translate(clamp(width / 2 - x * k, width), clamp(height / 2 - y * k, height)).scale(k);
  }

  /// Zooms so that a pool, or a row of the picture, fills the window.
  enter(pool) {
    if (pool < 0) return;
    const { picture } = this.state, { width, height } = this.raster;
    const k = Math.min(width / picture.w / 2.4, height / picture.h / 1.3, this.zoom.scaleExtent()[1]);
    this.go(this.centred(picture.x(pool) + picture.w / 2, picture.y(pool) + picture.h / 2, Math.max(1, k)));
  }
  enterArena(arena) {
    const { picture, heap } = this.state;
    const pool = arena * heap.arena_pools, k = Math.max(1, this.raster.width / (picture.cells * picture.w) * 0.98);
    this.go(this.centred(picture.x(pool) + (picture.cells * picture.w) / 2, picture.y(pool) + picture.h / 2, k));
  }

  /// Moves the window if the cursor is not in it.
  follow() {
    const { cursor, picture, transform } = this.state;
    const x = transform.applyX(picture.x(cursor)), y = transform.applyY(picture.y(cursor));
    const w = picture.w * transform.k, h = picture.h * transform.k;
    if (x >= 0 && y >= 0 && x + w <= this.raster.width && y + h <= this.raster.height) return this.redraw();
    this.target.call(this.zoom.transform, this.centred(picture.x(cursor) + picture.w / 2, picture.y(cursor) + picture.h / 2, transform.k));
  }
}
