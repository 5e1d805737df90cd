// SPDX-License-Identifier: MIT
// The difference of two frames: how pools are coloured by it, and a table by class.

/// Of a pool: "same", "taken", "given", "other" (another class, or a span), or a number of -3 to 3.
function changeMode({ heap, frame, frames, since }) {
  const old = frames[since];
  const kind = (f, i) => i >= f.pool_count || f.use[i] <= Use.decommitted ? -1 : f.span_of[i] >= 0 ? 254 : f.size_class[i];
  const code = (i) => {
    const was = kind(old, i), is = kind(frame, i);
    if (was < 0 && is < 0) return Code.untouched;
    if (was < 0) return kFirst + 7;
    if (is < 0) return kFirst + 8;
    if (was !== is) return kFirst + 9;
    const share = (frame.live_bytes[i] - old.live_bytes[i]) / heap.pool_bytes;
    if (share === 0) return kFirst + 3;
    return kFirst + 3 + Math.sign(share) * (Math.abs(share) < 0.05 ? 1 : Math.abs(share) < 0.25 ? 2 : 3);
  };
  return {
    code,
    entries(theme) {
      const names = ["lost over 25 % of the pool", "lost 5 – 25 %", "lost less than 5 %", "as many live bytes",
        "gained less than 5 %", "gained 5 – 25 %", "gained over 25 %", "taken: was free", "free again", "other class than before"];
      const colours = [...theme.change, theme.taken, theme.given, theme.other];
      return new Map([...names.map((name, i) => [kFirst + i, { name, colour: colours[i] }]),
        [Code.untouched, { name: "free before and now", colour: theme.untouched }]]);
    },
  };
}

function classSums(heap, frame) {
  const sums = new Map();
  const of = (key) => {
    if (!sums.has(key)) sums.set(key, { pools: 0, live: 0, kept: 0 });
    return sums.get(key);
  };
  for (let i = 0; i < frame.pool_count; ++i) {
    const key = frame.span_of[i] >= 0 ? "spans" : frame.size_class[i] !== kNoClass ? frame.size_class[i] : "free";
    const sum = of(key);
    ++sum.pools;
    sum.live += frame.live_bytes[i];
    sum.kept += frame.kept[i];
  }
  return sums;
}

/// One row for each class that differs, largest change of bytes first.
function classChanges(heap, old, now) {
  const before = classSums(heap, old), after = classSums(heap, now);
  const nothing = { pools: 0, live: 0, kept: 0 };
  const rows = [];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const a = before.get(key) || nothing, b = after.get(key) || nothing;
    const row = { key, pools: b.pools - a.pools, live: b.live - a.live, kept: b.kept - a.kept };
    if (row.pools !== 0 || row.live !== 0 || row.kept !== 0) rows.push(row);
  }
  const weight = (row) => Math.max(Math.abs(row.kept), Math.abs(row.live));
  return rows.sort((a, b) => weight(b) - weight(a));
}

function showChanges(state) {
  const section = $("changes");
  section.hidden = state.mode.id !== "change";
  if (section.hidden) return;
  const old = state.frames[state.since], rows = classChanges(state.heap, old, state.frame);
  const name = (key) => key === "spans" ? "spans" : key === "free" ? "free pools" : bytes(state.heap.block_bytes[key]);
  section.replaceChildren(
    make("h2", {}, `Change since snapshot ${state.since + 1}`),
    rows.length === 0 ? make("div", { class: "quiet" }, "no pool differs") :
      make("table", {}, make("tr", {}, ...["class", "pools", "live", "kept"].map((text) => make("th", { scope: "col" }, text))),
        ...rows.slice(0, 12).map((row) => make("tr", {},
          make("td", {}, name(row.key)), make("td", {}, signedCount(row.pools)),
          make("td", {}, row.key === "free" ? "" : signedBytes(row.live)), make("td", {}, signedBytes(row.kept))))),
    rows.length > 12 ? make("div", { class: "quiet" }, `and ${plural(rows.length - 12, "more class", "more classes")}`) : "",
  );
}
