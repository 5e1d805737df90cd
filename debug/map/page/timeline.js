// SPDX-License-Identifier: MIT
// Several snapshots: live, pinned and idle bytes over time, and a handle that says which one is shown.

class Timeline {
  constructor(state) {
    this.state = state;
    this.section = $("timeline");
    this.playing = null;
  }

  show() {
    const { state } = this;
    this.section.hidden = state.frames.length < 2;
    if (this.section.hidden) return;
    const play = make("button", { type: "button", id: "play", title: "Play (space)", onclick: () => this.toggle() }, this.playing ? "stop" : "play");
    const sums = state.frame.sums;
    this.svg = d3.create("svg");
    this.section.replaceChildren(make("div", { class: "bar" }, play, make("b", {}, `${frameName(state, state.at)} of ${state.frames.length}`),
      make("span", {}, swatch("var(--live)"), `live ${bytes(sums.live)}`), make("span", {}, swatch("var(--pinned)"), `pinned ${bytes(sums.pinned)}`), make("span", {}, swatch("var(--dirty)"), `idle ${bytes(sums.idle)}`),
      make("span", {}, "[ and ] step")), this.svg.node());
    this.draw();
  }

  places() {
    const { frames } = this.state;
    const timed = frames.every((frame) => frame.time_ms > 0) && frames[frames.length - 1].time_ms > frames[0].time_ms;
    return { timed, values: frames.map((frame, i) => (timed ? frame.time_ms - frames[0].time_ms : i)) };
  }

  draw() {
    const { state } = this, { frames } = state;
    const width = this.section.clientWidth - 22, height = 92, left = 58, bottom = 18, top = 5;
    const { timed, values } = this.places();
    const x = d3.scaleLinear().domain([values[0], values[values.length - 1]]).range([left, width - 34]);
    const kept = (f) => Math.max(f.sums.kept, f.sums.live + f.sums.pinned + f.sums.idle);
    const y = d3.scaleLinear().domain([0, d3.max(frames, kept) || 1]).range([height - bottom, top]);
    this.svg.attr("viewBox", `0 0 ${width} ${height}`);
    let below = frames.map(() => 0);
    for (const [part, colour] of [["live", "var(--live)"], ["pinned", "var(--pinned)"], ["idle", "var(--dirty)"]]) {
      const above = frames.map((f, i) => below[i] + f.sums[part]);
      const up = above.map((v, i) => `${x(values[i])},${y(v)}`), down = below.map((v, i) => `${x(values[i])},${y(v)}`).reverse();
      this.svg.append("polygon").attr("points", [...up, ...down].join(" ")).attr("fill", colour).attr("fill-opacity", 0.85);
      below = above;
    }
    this.svg.append("g").attr("class", "axis").attr("transform", `translate(${left},0)`).call(d3.axisLeft(y).tickValues(this.wholeTicks(y)).tickFormat(bytes).tickSize(3));
    this.svg.append("g").attr("class", "axis").attr("transform", `translate(0,${height - bottom})`)
      .call(d3.axisBottom(x).ticks(timed ? 6 : Math.min(10, frames.length - 1)).tickFormat((v) => (timed ? (v === 0 ? "0" : "+" + elapsed(v)) : Number.isInteger(v) ? v + 1 : "")).tickSize(3));
    frames.forEach((f, i) => this.svg.append("line").attr("x1", x(values[i])).attr("x2", x(values[i])).attr("y1", height - bottom).attr("y2", height - bottom - 4).attr("stroke", "var(--ink)"));
    const mark = (i, dash) => this.svg.append("line").attr("x1", x(values[i])).attr("x2", x(values[i])).attr("y1", top - 3).attr("y2", height - bottom)
      .attr("stroke", "var(--ink)").attr("stroke-width", dash ? 1 : 2).attr("stroke-dasharray", dash ? "3 3" : null);
    if (state.mode.id === "change") mark(state.since, true);
    mark(state.at, false);
    const pick = () => {
      const [at] = d3.mouse(this.svg.node());
      state.setFrame(d3.scan(values, (a, b) => Math.abs(x(a) - at) - Math.abs(x(b) - at)));
    };
    this.svg.on("click", pick).call(d3.drag().on("drag", pick));
  }

  /// A few multiples of a power of two.
  wholeTicks(y) {
    const most = y.domain()[1], step = 2 ** Math.ceil(Math.log2(most / 4));
    return d3.range(0, most + 1, step);
  }

  toggle() {
    if (this.playing) {
      clearInterval(this.playing);
      this.playing = null;
      return this.show();
    }
    const { state } = this;
    if (state.frames.length < 2) return;
    this.playing = setInterval(() => state.setFrame((state.at + 1) % state.frames.length), 700);
    this.show();
  }
}
