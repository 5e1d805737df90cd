# SPDX-License-Identifier: MIT
"""A mutant a build: for what cannot be switched while a program runs, such as what the compiler computes."""
import hashlib
import subprocess
import sys
import time

from mutation import targets

MOST_TESTS = 3
SHORTEST_LIMIT = 20  # seconds


class Bench:
    """The unchanged tests, and the trial of a mutant."""

    def __init__(self, root, build, options):
        self.root = root
        self.tree = targets.BuildTree(root, build)
        self.tree.configure("dev", [*options, "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O1"])
        self.paths = self.tree.tests()
        self.hashes = {}
        self.seconds = {}
        self.parts = {name: self.tree.needed_by(name) for name in self.paths}

    def _hash(self, name):
        """Of all that the test runs: some load a library, or start other programs."""
        sums = hashlib.sha256()
        for path in self.tree.products_of(name):
            sums.update(path.read_bytes())
        return sums.digest()

    def run(self, name, limit):
        """Whether the test passes; None if it took longer than `limit` seconds."""
        try:
            done = subprocess.run([str(self.paths[name]), "--gtest_brief=1"], cwd=self.tree.folder, capture_output=True,
                                  timeout=limit, check=False, stdin=subprocess.DEVNULL)
            return done.returncode == 0
        except subprocess.TimeoutExpired:
            return None

    def sound(self, name):
        """Whether the unchanged test passes; builds it and takes its time at the first call."""
        if name not in self.seconds:
            print(f"  building {name} unchanged", flush=True)
            built, output = self.tree.build([name])
            if not built:
                sys.exit(f"ci/mutate: the unchanged {name} does not build:\n{output[-3000:]}")
            self.hashes[name] = self._hash(name)
            began = time.monotonic()
            passed = self.run(name, 300)
            self.seconds[name] = time.monotonic() - began if passed else None
            if not passed:
                print(f"  {name} fails unchanged, and is left out", flush=True)
        return self.seconds[name] is not None

    def tests_of(self, file):
        """Those made of the component the file belongs to: its own first, then those made of least."""
        near = file.rpartition("/")[0]
        components = self.tree.targets_of(file)
        # Tests that run whole programs are slow, and look at their own folder first of all.
        mine = [name for name, parts in self.parts.items()
                if components & parts and (self.tree.folder_of(name).startswith(near) or not name.endswith("_programs_test"))]
        mine.sort(key=lambda name: (self.tree.folder_of(name) != near, len(self.parts[name]), name))
        return [name for name in mine[:MOST_TESTS] if self.sound(name)]

    def try_mutant(self, mutant):
        """(verdict, by): killed, survived, equivalent, invalid or untested; and the test that killed it."""
        tests = self.tests_of(mutant.file)
        if not tests:
            return "untested", ""
        path = self.root / mutant.file
        original = path.read_text()
        same = True
        try:
            path.write_text(mutant.apply(original))
            for test in tests:
                try:
                    built, output = self.tree.build([test], timeout=600)
                except subprocess.TimeoutExpired:
                    return "invalid", "compiler"
                if not built:
                    return ("killed", "static_assert") if "static assertion failed" in output else ("invalid", "")
                if self._hash(test) == self.hashes[test]:
                    continue
                same = False
                passed = self.run(test, max(SHORTEST_LIMIT, 10 * self.seconds[test]))
                if not passed:
                    return "killed", test if passed is False else f"{test} (time)"
        finally:
            path.write_text(original)
        return ("equivalent" if same else "survived"), ""
