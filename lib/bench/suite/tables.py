# SPDX-License-Identifier: MIT
"""The results as text."""
from .measured import MEASURES

CELL = 13
NAME = 18


def cell(text):
    """A longer one is cut, so that columns stay apart."""
    return f" {text[:CELL - 1]:>{CELL - 1}}"


def heading(measured, first, second):
    return f"{first:{NAME}}{cell(second)}" + "".join(cell(a.name) for a in measured.allocators[1:])


def ratio_cell(measured, program, allocator, measure):
    if measured.problem(program, allocator):
        return cell("FAILED")
    ratio = measured.ratio(program, allocator, measure)
    if ratio is None:
        return cell("-")
    return cell(f"{ratio:.2f} {measured.spread(program, allocator, measure):4.0%}")


def base_cell(measured, program, measure):
    glibc = measured.allocators[0]
    if measured.problem(program, glibc):
        return cell("FAILED")
    value = measured.least(program, glibc, measure)
    shown = f"{value:.1f}" if measure == "peak" else f"{value:.2f}"
    return cell(f"{shown} {measured.spread(program, glibc, measure):4.0%}")


def ratios(measured, measure):
    lines = [f"{MEASURES[measure]}: glibc's own, then ratios to it (least of rounds; worst round above it in %)",
             heading(measured, "program", "glibc")]
    for program in measured.compared():
        others = "".join(ratio_cell(measured, program, a, measure) for a in measured.allocators[1:])
        lines.append(f"{program.name:{NAME}}{base_cell(measured, program, measure)}{others}")
    for group, chosen in measured.groups(measure).items():
        means = ""
        for allocator in measured.allocators[1:]:
            mean, count = measured.geomean(allocator, measure, chosen)
            means += cell("-" if mean is None else f"{mean:.3f}" + ("" if count == len(chosen) else f" ({count})"))
        lines.append(f"{'geomean, ' + group:{NAME + CELL}}{means}")
    return lines


def figures(measured):
    lines = []
    for program in measured.programs:
        if program.kind != "figure":
            continue
        lines += [heading(measured, program.name, "glibc") + cell("best other") + cell("arenite/best")]
        for key in measured.figure_keys(program):
            values = [measured.figure(program, allocator, key) for allocator in measured.allocators]
            shown = "".join(cell("-" if value is None else f"{value:.4g}") for value in values)
            best, whose = measured.best_other(lambda a, key=key: measured.figure(program, a, key))
            own = measured.arenite() and measured.figure(program, measured.arenite(), key)
            behind = f"{own / best:.2f}" if own is not None and best else "-"
            lines.append(f"  {key:{NAME - 2}}{shown}{cell(whose or '-')}{cell(behind)}")
        lines.append("")
    return lines


def behind(measured):
    """Arenite's programs that lie more than 5 % behind the best other on CPU, or above 1.15 of glibc's memory."""
    own = measured.arenite()
    if own is None:
        return []
    lines = []
    for program in measured.compared():
        best, whose = measured.best_other(lambda a, program=program: measured.least(program, a, "cpu"))
        cpu = measured.least(program, own, "cpu")
        if cpu and best and cpu > 1.05 * best:
            spread = max(measured.spread(program, own, "cpu"), 0)
            lines.append(f"  {program.name:{NAME}} CPU {cpu / best:.2f} of {whose}'s (own spread {spread:.0%})")
        memory = measured.ratio(program, own, "peak")
        if memory and memory > 1.15:
            lines.append(f"  {program.name:{NAME}} memory {memory:.2f} of glibc's")
    return ["Arenite behind: CPU above 1.05 of the best other, or memory above 1.15 of glibc", *(lines or ["  nowhere"])]


def problems(measured):
    lines = []
    for program in measured.programs:
        for allocator in measured.allocators:
            problem = measured.problem(program, allocator)
            if problem:
                lines.append(f"  {program.name} under {allocator.name}: {problem}")
    return ["Failed:", *lines] if lines else []


def best_of_peers(measured):
    chosen = measured.groups("cpu").get("all", [])
    means = [(measured.geomean(a, "cpu", chosen)[0], a.name) for a in measured.peers()]
    means = [mean for mean in means if mean[0]]
    own = measured.arenite() and measured.geomean(measured.arenite(), "cpu", chosen)[0]
    if not means or not own:
        return []
    best, whose = min(means)
    return [f"CPU geomean of Arenite {own:.3f}, of the best peer ({whose}) {best:.3f}: {own / best:.3f}"]


def everything(measured):
    parts = [ratios(measured, measure) for measure in MEASURES] if measured.compared() else []
    parts += [figures(measured), behind(measured), best_of_peers(measured), problems(measured)]
    return "\n\n".join("\n".join(part).rstrip() for part in parts if part)
