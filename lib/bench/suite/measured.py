# SPDX-License-Identifier: MIT
"""What the rounds gave, and the numbers drawn from it: least of rounds, spread, ratios to glibc, geometric means."""
import math

from .allocators import ARENITE, GLIBC

MEASURES = {"cpu": "CPU seconds", "wall": "wall seconds", "peak": "peak memory, MiB"}
LARGE_KIB = 16 * 1024


def value_of(result, measure):
    return result.peak_kib / 1024 if measure == "peak" else getattr(result, measure)


class Measured:
    def __init__(self, programs, allocators):
        self.programs = programs
        self.allocators = allocators
        self.results = {(program.name, allocator.name): [] for program in programs for allocator in allocators}

    def add(self, program, allocator, result):
        self.results[program.name, allocator.name].append(result)

    def problem(self, program, allocator):
        """Why this program failed under this allocator in any round, or None."""
        return next((r.problem for r in self.results[program.name, allocator.name] if r.problem), None)

    def values(self, program, allocator, measure):
        if self.problem(program, allocator):
            return []
        return [value_of(result, measure) for result in self.results[program.name, allocator.name]]

    def least(self, program, allocator, measure):
        return min(self.values(program, allocator, measure), default=None)

    def spread(self, program, allocator, measure):
        """How far the worst round lies above the best, as a fraction."""
        values = self.values(program, allocator, measure)
        return max(values) / min(values) - 1 if values and min(values) > 0 else 0.0

    def ratio(self, program, allocator, measure):
        base, value = self.least(program, self.allocators[0], measure), self.least(program, allocator, measure)
        return value / base if base and value else None

    def compared(self):
        return [program for program in self.programs if program.kind != "figure"]

    def geomean(self, allocator, measure, chosen):
        """The geometric mean of the ratios to glibc, and over how many of `chosen` it was taken."""
        ratios = [self.ratio(program, allocator, measure) for program in chosen]
        known = [ratio for ratio in ratios if ratio]
        return (math.exp(sum(map(math.log, known)) / len(known)) if known else None), len(known)

    def groups(self, measure):
        compared = self.compared()
        groups = {
            "all": compared,
            "heavy": [program for program in compared if program.kind == "heavy"],
            "real": [program for program in compared if program.kind == "real"],
        }
        if measure == "peak":
            glibc = self.allocators[0]
            size = lambda program: (self.least(program, glibc, "peak") or 0) * 1024
            groups["glibc > 16 MiB"] = [program for program in compared if size(program) > LARGE_KIB]
            groups["glibc <= 16 MiB"] = [program for program in compared if size(program) <= LARGE_KIB]
        return {name: chosen for name, chosen in groups.items() if chosen}

    def figure(self, program, allocator, key):
        """The least of the rounds, or None."""
        results = self.results[program.name, allocator.name]
        return min((r.figures[key] for r in results if not r.problem and key in r.figures), default=None)

    def figure_keys(self, program):
        keys = {}
        for allocator in self.allocators:
            for result in self.results[program.name, allocator.name]:
                keys.update(dict.fromkeys(result.figures))
        return [key for key in keys if not key.endswith(("_bound", "threads")) and key != "clock_ns"]

    def peers(self):
        return [allocator for allocator in self.allocators if allocator.name not in (ARENITE, GLIBC)]

    def arenite(self):
        return next((allocator for allocator in self.allocators if allocator.name == ARENITE), None)

    def best_other(self, value):
        """The least `value(allocator)` of all but Arenite, and whose it is."""
        others = [(value(a), a.name) for a in self.allocators if a.name != ARENITE and value(a) is not None]
        return min(others, default=(None, None))

    def as_json(self):
        rows = []
        for program in self.programs:
            for allocator in self.allocators:
                rows.append({
                    "program": program.name,
                    "kind": program.kind,
                    "allocator": allocator.name,
                    "rounds": [vars(result) for result in self.results[program.name, allocator.name]],
                })
        means = {
            measure: {
                group: {a.name: self.geomean(a, measure, chosen)[0] for a in self.allocators}
                for group, chosen in self.groups(measure).items()
            }
            for measure in MEASURES
        }
        return {"geomeans": means, "results": rows}
