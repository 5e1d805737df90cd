// SPDX-License-Identifier: MIT
// What keys do, in one table that also writes the help.

const kKeys = [
  { keys: ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"], show: "← → ↑ ↓", what: "move between pools (with Shift: eight at once)",
    run: (s, e) => s.move({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key], e.shiftKey ? 8 : 1) },
  { keys: ["+", "="], show: "+", what: "zoom in", run: (s) => s.view.by(2) },
  { keys: ["-", "_"], show: "−", what: "zoom out", run: (s) => s.view.by(0.5) },
  { keys: ["0"], show: "0", what: "the whole heap", run: (s) => s.view.all() },
  { keys: ["Enter"], show: "Enter", what: "into the selected pool, to its blocks", run: (s) => s.view.enter(s.cursor) },
  { keys: ["Escape"], show: "Esc", what: "show all pools again; then select none", run: (s) => (s.filter !== null ? s.setFilter(null) : s.select(-1, -1)) },
  { keys: ["1", "2", "3", "4", "5", "6", "7", "8"], show: "1 … 8", what: "colour by class, occupancy, age, site, thread, state, residency, change",
    run: (s, e) => kModes[e.key - 1].missing(s) === "" && s.setMode(kModes[e.key - 1]) },
  { keys: ["p", "P"], show: "p, P", what: "the next, the last most pinned arena", run: (s, e) => s.nextPinned(e.key === "p" ? 1 : -1) },
  { keys: ["["], show: "[", what: "the snapshot before", run: (s) => s.setFrame(s.at - 1) },
  { keys: ["]"], show: "]", what: "the next snapshot", run: (s) => s.setFrame(s.at + 1) },
  { keys: [" "], show: "space", what: "play the snapshots, or stop", run: (s) => s.timeline.toggle() },
  { keys: ["/"], show: "/", what: "go to an address", run: () => $("address").focus() },
  { keys: ["t"], show: "t", what: "light, dark, or as the system", run: (s) => s.nextTheme() },
  { keys: ["?"], show: "?", what: "this list", run: () => $("help").showModal() },
];

function listenToKeys(state) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || $("help").open) return;
    if (/^(INPUT|SELECT)$/.test(event.target.tagName)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const onButton = event.target.tagName === "BUTTON" || event.target.classList.contains("cell");
    if (onButton && (event.key === "Enter" || event.key === " ")) return;
    const key = kKeys.find(({ keys }) => keys.includes(event.key));
    if (key === undefined) return;
    event.preventDefault();
    key.run(state, event);
  });
  $("help").append(make("h2", {}, "Keys"), make("table", {}, ...kKeys.map(({ show, what }) =>
    make("tr", {}, make("td", {}, make("kbd", {}, show)), make("td", { style: "text-align:left" }, what)))),
    make("form", { method: "dialog", style: "margin-top:10px" }, make("button", {}, "close")));
}
