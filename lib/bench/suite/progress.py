# SPDX-License-Identifier: MIT
"""One line that says how far the run is and how long it will still take; on a terminal it is rewritten in place."""
import sys
import time


class Progress:
    def __init__(self, steps):
        self.steps = steps  # (program, allocator) in the order they will run
        self.done = 0
        self.started = time.monotonic()
        self.took = {}  # seconds of what ran before, by program

    def before(self, round_number, program, allocator):
        left = self.left()
        line = (f"[{self.done + 1:4}/{len(self.steps)}] round {round_number} {program.name:16} {allocator.name:12}"
                f" {'' if left is None else f'about {left // 60:.0f}:{left % 60:02.0f} left'}")
        if sys.stderr.isatty():
            print(f"\r{line:78}", end="", file=sys.stderr, flush=True)
        elif self.done % 20 == 0:
            print(line, file=sys.stderr, flush=True)

    def after(self, program, seconds):
        self.took.setdefault(program.name, []).append(seconds)
        self.done += 1

    def left(self):
        """Seconds, from what each program took so far; one that has not run counts as the mean of those that have."""
        if not self.took:
            return None
        means = {name: sum(times) / len(times) for name, times in self.took.items()}
        typical = sum(means.values()) / len(means)
        return sum(means.get(program.name, typical) for program, _ in self.steps[self.done:])

    def end(self):
        if sys.stderr.isatty():
            print("\r" + " " * 78 + "\r", end="", file=sys.stderr)
        total = time.monotonic() - self.started
        print(f"{len(self.steps)} runs in {total // 60:.0f}:{total % 60:02.0f}", file=sys.stderr, flush=True)
