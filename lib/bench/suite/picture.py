# SPDX-License-Identifier: MIT
"""The results as one HTML page without anything to fetch: bars of ratios to glibc, with whiskers for the spread."""
import html

from .measured import MEASURES

COLOURS = ("#7f7f7f", "#4e79a7", "#59a14f", "#edc948", "#b07aa1", "#9c755f", "#76b7b2", "#ff9da7")
OWN = "#d62728"
BAR, GAP, LABEL, WIDTH, TOP = 9, 12, 130, 760, 26
STYLE = """
body { font: 14px system-ui, sans-serif; margin: 2em auto; max-width: 60em; color: #222; background: #fff }
table { border-collapse: collapse } td, th { padding: .2em .8em; text-align: right } td:first-child { text-align: left }
pre { overflow-x: auto; background: #f6f6f6; padding: 1em; font-size: 11px } svg text { font: 11px system-ui, sans-serif }
"""


def colour(measured, allocator):
    own = measured.arenite()
    if own is not None and allocator.name == own.name:
        return OWN
    return COLOURS[measured.allocators.index(allocator) % len(COLOURS)]


def legend(measured):
    items = (f'<span style="color:{colour(measured, a)}">&#9632;</span> {html.escape(a.name)}' for a in measured.allocators)
    return "<p>" + " &nbsp; ".join(items) + "</p>"


class Chart:
    """Horizontal bars from 0 to `limit` times glibc; a longer bar is cut and its number written at the edge."""

    def __init__(self, measured, limit=2.5):
        self.measured = measured
        self.limit = limit
        self.parts = []
        self.y = TOP

    def x(self, ratio):
        return LABEL + min(ratio, self.limit) / self.limit * WIDTH

    def row(self, name, bars):
        """`bars`: (allocator, ratio, ratio of the worst round), or a ratio of None for a failure."""
        middle = self.y + len(bars) * BAR / 2 + 4
        self.parts.append(f'<text x="{LABEL - 8}" y="{middle:.0f}" text-anchor="end">{html.escape(name)}</text>')
        for allocator, ratio, worst in bars:
            self.bar(allocator, ratio, worst)
            self.y += BAR
        self.y += GAP

    def bar(self, allocator, ratio, worst):
        centre = self.y + BAR / 2
        if ratio is None:
            self.parts.append(f'<text x="{LABEL + 4}" y="{centre + 4}">{html.escape(allocator.name)}: failed</text>')
            return
        end = self.x(ratio)
        title = f"{html.escape(allocator.name)} {ratio:.3f}, worst round {worst:.3f}"
        fill = colour(self.measured, allocator)
        self.parts.append(f'<rect x="{LABEL}" y="{self.y}" width="{end - LABEL:.1f}" height="{BAR - 1}" fill="{fill}">'
                          f"<title>{title}</title></rect>")
        if ratio > self.limit:
            self.parts.append(f'<text x="{end + 4:.1f}" y="{centre + 4}">{ratio:.1f}</text>')
        elif worst > ratio:
            to = self.x(worst)
            self.parts.append(f'<path d="M{end:.1f} {centre}H{to:.1f}M{to:.1f} {centre - 3}v6" stroke="#222" fill="none"/>')

    def svg(self):
        one = self.x(1)
        marks = "".join(
            f'<text x="{self.x(mark):.0f}" y="14" text-anchor="middle">{mark:g}</text>'
            f'<path d="M{self.x(mark):.1f} {TOP - 6}V{self.y}" stroke="#ddd"/>'
            for mark in (0, 0.5, 1, 1.5, 2, 2.5))
        line = f'<path d="M{one:.1f} {TOP - 6}V{self.y}" stroke="#222" stroke-dasharray="3 2"/>'
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{LABEL + WIDTH + 50}" height="{self.y + 8}">'
                f'{marks}{"".join(self.parts)}{line}</svg>')


def geomeans(measured, measure):
    chart = Chart(measured)
    for group, chosen in measured.groups(measure).items():
        means = [(a, measured.geomean(a, measure, chosen)[0]) for a in measured.allocators]
        chart.row(group, [(a, mean, mean or 0) for a, mean in means])
    return chart.svg()


def programs(measured, measure):
    chart = Chart(measured)
    for program in measured.compared():
        bars = []
        for allocator in measured.allocators:
            ratio = measured.ratio(program, allocator, measure)
            spread = measured.spread(program, allocator, measure)
            bars.append((allocator, ratio, (ratio or 0) * (1 + spread)))
        chart.row(program.name, bars)
    return chart.svg()


def page(measured, about, text):
    facts = "".join(f"<tr><td>{html.escape(key)}</td><td>{html.escape(value)}</td></tr>" for key, value in about.items())
    parts = []
    for measure, name in MEASURES.items() if measured.compared() else ():
        parts += [f"<h2>{html.escape(name)}, ratio to glibc</h2>", legend(measured), "<h3>Geometric means</h3>",
                  geomeans(measured, measure), "<h3>Programs</h3>", programs(measured, measure)]
    return (f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Arenite, side by side</title>'
            f"<style>{STYLE}</style><h1>Arenite, side by side</h1><table>{facts}</table>"
            f"<p>Shorter is better; a bar is the least of the rounds, its whisker the worst.</p>"
            f"{''.join(parts)}<h2>As text</h2><pre>{html.escape(text)}</pre></html>\n")
