// SPDX-License-Identifier: MIT
// The ways to colour pools. A mode gives each pool a small code, and each code a colour and a name;
// codes below kFirst mean the same in every mode.

const Code = { untouched: 0, dirty: 1, decommitted: 2, unclear: 3, span: 4, none: 5 };
const kFirst = 8;

/// The code of a pool without blocks, or -1.
function plainCode(frame, pool) {
  switch (frame.use[pool]) {
    case Use.untouched: return Code.untouched;
    case Use.dirty: return Code.dirty;
    case Use.decommitted: return Code.decommitted;
    case Use.unclear: return Code.unclear;
    case Use.span: case Use.spanRest: return Code.span;
    default: return -1;
  }
}

const plainEntries = (theme) => new Map([
  [Code.untouched, { name: "free, never used", colour: theme.untouched }],
  [Code.decommitted, { name: "free, pages given back", colour: theme.decommitted }],
  [Code.dirty, { name: "free, pages kept", colour: theme.dirty }],
  [Code.span, { name: "span (large block)", colour: theme.span }],
  [Code.unclear, { name: "unclear: damaged or not readable", colour: theme.unclear }],
]);

/// Ranks by number of pools: the most common get a colour of their own, the rest one in common.
function rankMode(frame, column, nothing, nameOf, noneName, spans = false) {
  const pools = new Map();
  for (let i = 0; i < frame.pool_count; ++i)
    if (column[i] !== nothing && (plainCode(frame, i) < 0 || (spans && frame.span_of[i] >= 0))) pools.set(column[i], (pools.get(column[i]) || 0) + 1);
  const ranked = [...pools].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([value]) => value);
  const rank = new Map(ranked.map((value, i) => [value, Math.min(i, kCategories.length)]));
  return {
    code: (i) => column[i] === nothing ? Code.none : kFirst + rank.get(column[i]),
    entries(theme) {
      const entries = new Map([[Code.none, { name: noneName, colour: theme.none }]]);
      ranked.slice(0, kCategories.length).forEach((value, i) =>
        entries.set(kFirst + i, { name: nameOf(value), colour: kCategories[i] }));
      if (ranked.length > kCategories.length)
        entries.set(kFirst + kCategories.length, { name: `${ranked.length - kCategories.length} others`, colour: kOthers });
      return entries;
    },
  };
}

/// Levels 0 to last along a ramp.
function levelMode(last, levelOf, nameOf, stops, part, backwards = false) {
  return {
    code(i) {
      const level = levelOf(i);
      return level < 0 ? Code.none : kFirst + level;
    },
    entries(theme) {
      const colour = ramp(stops, theme[part]);
      const entries = new Map([[Code.none, { name: "not known", colour: theme.none }]]);
      for (let level = 0; level <= last; ++level) {
        const t = last === 0 ? 1 : level / last;
        entries.set(kFirst + level, { name: nameOf(level), colour: colour(backwards ? 1 - t : t) });
      }
      return entries;
    },
  };
}

const threadName = (frame) => {
  const numbers = new Map(frame.threads.map(([index, , system]) => [index, system]));
  return (index) => numbers.get(index) ? `thread ${numbers.get(index)}` : `thread block ${index}`;
};

/// Each mode: key, name, `missing(context)` why it cannot be had or "", and `make(context)`. The
/// context: heap, frame, frames, at (index of frame), since (index of the frame compared with).
const kModes = [
  {
    id: "class", name: "Class", ramp: true, missing: () => "",
    make({ heap, frame }) {
      const used = heap.classes_used, size = (i) => bytes(heap.block_bytes[i]);
      return {
        code: (i) => kFirst + frame.size_class[i],
        entries(theme) {
          const colour = ramp(kViridis, theme.viridis);
          return new Map(used.map((size_class) =>
            [kFirst + size_class, { name: `blocks of ${size(size_class)}`, colour: colour(heap.class_places[size_class]) }]));
        },
        ends: used.length > 0 ? [size(used[0]), "block size, classes in use", size(used[used.length - 1])] : [],
      };
    },
  },
  {
    id: "occupancy", name: "Occupancy", missing: () => "", spans: true,
    make({ heap, frame }) {
      const mode = levelMode(10, (i) => {
        const share = occupancy(heap, frame, i);
        return share === 1 ? 10 : decile(share);
      }, (level) => level === 10 ? "every block live" : level === 0 ? "below 10 %" : `${level * 10} – ${level * 10 + 10} %`, kCividis, "cividis", true);
      return mode;
    },
  },
  {
    id: "age", name: "Age", spans: true,
    missing: ({ frame, frames }) => frame.age || frames.length > 1 ? "" : "needs several snapshots, or the debug layer",
    make({ heap, frame, frames, at }) {
      if (frame.age)
        return levelMode(9, (i) => frame.age[i] === 255 ? -1 : Math.min(9, Math.floor(frame.age[i] / 25.5)),
          (level) => level === 9 ? "youngest tenth" : level === 0 ? "oldest tenth" : `${level * 10} – ${level * 10 + 10} %`, kViridis, "viridis");
      const since = sinceFrame(heap, frames, at);
      return levelMode(at, (i) => since[i], (level) => level === at ? "what it is since this snapshot" : level === 0 ? "since the first snapshot or longer" : `since snapshot ${level + 1}`, kViridis, "viridis");
    },
  },
  {
    id: "site", name: "Site", spans: true,
    missing: ({ frame }) => frame.site ? "" : "sites are known only with the debug layer (mode=debug)",
    make: ({ heap, frame }) => rankMode(frame, frame.site, kNoSite, (site) => heap.sites[site].name, "no site known", true),
  },
  {
    id: "thread", name: "Thread", missing: () => "",
    make: ({ frame }) => rankMode(frame, frame.owner, kNobody, threadName(frame), "of no thread"),
  },
  {
    id: "state", name: "State", missing: () => "",
    make({ frame }) {
      const names = new Map([[Use.attached, "attached to a thread"], [Use.listed, "listed: has free blocks"], [Use.full, "full"]]);
      const colours = [kCategories[1], kCategories[4], kCategories[0]];
      return {
        code: (i) => kFirst + frame.use[i] - Use.attached,
        entries: () => new Map([...names].map(([use, name], i) => [kFirst + use - Use.attached, { name, colour: colours[i] }])),
      };
    },
  },
  {
    id: "residency", name: "Residency", all: true,
    missing: ({ frame }) => frame.resident ? "" : "known only of a live process, or a snapshot of one",
    make({ heap, frame }) {
      const pages = heap.pool_bytes / heap.page_bytes, last = Math.min(8, pages);
      return levelMode(last, (i) => Math.ceil((frame.resident[i] / pages) * last),
        (level) => level === 0 ? "no page in memory" : level === last ? `over ${Math.round((100 * (last - 1)) / last)} % in memory` : `up to ${Math.round((100 * level) / last)} % in memory`, kViridis, "viridis");
    },
  },
  {
    id: "change", name: "Change", all: true,
    missing: ({ frames }) => frames.length > 1 ? "" : "needs two snapshots",
    make: (context) => changeMode(context),
  },
];

/// Codes, entries and counts of a mode for a context.
function applyMode(mode, context, theme) {
  const { frame } = context;
  const made = mode.make(context);
  const codes = new Uint16Array(frame.pool_count);
  const pools = new Uint32Array(kFirst + 256), live = new Float64Array(kFirst + 256);
  for (let i = 0; i < frame.pool_count; ++i) {
    let code = mode.all ? -1 : plainCode(frame, i);
    if (code < 0 || (mode.spans && code === Code.span)) code = made.code(i);
    codes[i] = code;
    ++pools[code];
    live[code] += frame.live_bytes[i];
  }
  const entries = new Map([...made.entries(theme), ...(mode.all ? [] : plainEntries(theme))]);
  if (mode.spans) entries.delete(Code.span);
  return { mode, codes, entries, pools, live, ends: made.ends };
}
