# SPDX-License-Identifier: MIT
"""All mutants in one build: the tree with its switches, what each case comes by, and the trial of a mutant by the cases that
come by it."""
import collections
import concurrent.futures
import json
import pathlib
import re
import shlex
import subprocess
import time

from mutation import cases, switches, targets

MOST_ROUNDS = 12
# Explorations of schedules: ci/orders tries the orders by them, and they take minutes. A proof flips bits one by one.
LEFT_OUT = {"heap_schedules", "program_schedules", "page_schedules", "checker_proof"}
LONGEST_CASE = 10  # seconds; what takes longer is no fast test
# Of unchanged cases, for one mutant: in all, and of a program that belongs to another folder.
MOST_SECONDS = 12
MOST_ELSEWHERE = 2
COMPLAINT = re.compile(r"^(?P<file>[^\s:]+):(?P<line>\d+):(?P<column>\d+): (?P<kind>error|  required from|note)", re.MULTILINE)


class Tree:
    """A checkout into which all mutants are written, and its build. Mutants are numbered from 1 in the order given."""

    def __init__(self, tree, build, mutants, options, unswitched=()):
        """`unswitched`: names, with what they become, of mutants that are known to compile nowhere."""
        self.tree, self.mutants = pathlib.Path(tree), mutants
        self.number = {mutant: number for number, mutant in enumerate(mutants, 1)}
        self.by_file = collections.defaultdict(list)
        for mutant in mutants:
            self.by_file[mutant.file].append(mutant)
        self.originals = {file: subprocess.run(["git", "show", f"HEAD:{file}"], cwd=tree, capture_output=True, text=True, check=True).stdout
                          for file in self.by_file}
        self.unswitched, self.pieces = {m for m in mutants if (m.name, m.after) in unswitched}, {}
        self.fresh = not self.unswitched
        self.build = targets.BuildTree(self.tree, build)
        header = pathlib.Path(__file__).with_name("mutant.hpp")
        self.options = [*options, f"-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O1 -w -ftemplate-backtrace-limit=0 -include {header}"]

    def write(self):
        """Files that are the same as before keep their time."""
        for file, original in self.originals.items():
            mine = [m for m in self.by_file[file] if m not in self.unswitched]
            text, self.pieces[file], left_out = switches.switched(original, mine, self.number.__getitem__)
            self.unswitched.update(left_out)
            path = self.tree / file
            if path.read_text() != text:
                path.write_text(text)

    def _place(self, path):
        """A path of a complaint, relative to the tree; None if it lies elsewhere."""
        path = pathlib.Path(self.build.folder, path).resolve()
        return str(path.relative_to(self.tree.resolve())) if path.is_relative_to(self.tree.resolve()) else None

    def _at(self, file, line, column):
        """The mutants whose switch stands at a place; all of the line if none does."""
        text = (self.tree / file).read_text().split("\n")
        at = sum(len(each) + 1 for each in text[: line - 1]) + len(text[line - 1].encode()[: column - 1].decode(errors="ignore"))
        here = {m for begin, end, who in self.pieces.get(file, []) if begin <= at <= end for m in who}
        return here or {m for m in self.by_file.get(file, []) if m.line == line and m not in self.unswitched}

    def _blamed(self, output):
        """The mutants where a compiler complains; if there are none, those it came by on the way."""
        found = {"error": set(), "other": set()}
        for match in COMPLAINT.finditer(output):
            file = self._place(match["file"])
            if file in self.by_file:
                kind = "error" if match["kind"] == "error" else "other"
                found[kind] |= self._at(file, int(match["line"]), int(match["column"]))
        return found["error"] or found["other"]

    def _leave_out(self, output):
        """False if the compiler complains of something else than a switch."""
        blamed = self._blamed(output)
        print(f"  {len(blamed)} cannot be switched where they stand", flush=True)
        if not blamed:
            print(output[-6000:])
            return False
        self.unswitched |= blamed
        self.write()
        return True

    def check(self):
        """Has the compiler look at what the libraries are made of, which is quicker than to build it, until it complains no more."""
        commands = [c for c in json.loads((self.build.folder / "compile_commands.json").read_text()) if self._place(c["file"]) in self.by_file]
        while commands:
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                outputs = list(pool.map(syntax_of, commands))
            commands = [command for command, output in zip(commands, outputs) if output]
            if commands and not self._leave_out("".join(outputs)):
                return False
        return True

    def make(self, names=()):
        """Builds these targets, or all, leaving out what does not compile. False if something else is wrong."""
        self.write()
        self.build.configure("dev", [*self.options, "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON"])
        if self.fresh and not names and not self.check():
            return False
        for _ in range(MOST_ROUNDS):
            done = subprocess.run(["ninja", "-k", "0", "-j2", "-C", str(self.build.folder), *names], capture_output=True, text=True, check=False)
            if done.returncode == 0:
                return True
            if not self._leave_out(done.stdout):
                return False
        return False


def syntax_of(command):
    """What the compiler complains of in a file, without making anything of it."""
    words = shlex.split(command["command"])
    done = subprocess.run([*words[: words.index("-o")], "-fsyntax-only", command["file"]], cwd=command["directory"],
                          capture_output=True, text=True, check=False)
    return done.stderr if done.returncode else ""


class Trials:
    """What each case comes by, and the trial of a mutant."""

    def __init__(self, tree):
        self.tree = tree
        self.cases = cases.Cases(tree.build.folder, LEFT_OUT)
        self.known = {}  # case -> (seconds, bits reached)
        self.impossible = 0
        paths = tree.build.tests()
        self.folder = {str(path): tree.build.folder_of(name) for name, path in paths.items()}

    def visit(self, case, lane):
        """Runs a case with no mutant chosen; it counts if it passes in time."""
        lane.choose(0)
        lane.forget()
        began = time.monotonic()
        passed = self.cases.run(lane, case.program, [case.name], 3 * LONGEST_CASE)
        seconds = time.monotonic() - began
        if passed and seconds <= LONGEST_CASE:
            reached, impossible = lane.reached()
            self.impossible |= impossible
            self.known[case] = (seconds, reached)

    def save(self, path):
        kept = [[c.program, c.name, seconds, f"{reached:x}"] for c, (seconds, reached) in self.known.items()]
        path.write_text(json.dumps({"impossible": f"{self.impossible:x}", "cases": kept}))

    def load(self, path):
        kept = json.loads(path.read_text())
        self.impossible = int(kept["impossible"], 16)
        self.known = {cases.Case(p, n): (seconds, int(reached, 16)) for p, n, seconds, reached in kept["cases"]}

    def _chosen(self, mutant):
        """(program, names, seconds), of the mutant's own folder first, then of those whose quickest case takes least."""
        number = self.tree.number[mutant]
        near = mutant.file.rpartition("/")[0]
        programs = collections.defaultdict(list)
        for case, (seconds, reached) in self.known.items():
            if reached >> number & 1:
                programs[case.program].append((seconds, case.name))
        order = sorted(programs.items(), key=lambda item: (self.folder.get(item[0]) != near, min(item[1]), item[0]))
        left = MOST_SECONDS
        for program, found in order:
            names, spent = [], 0.0
            most = left if self.folder.get(program) == near else min(left, MOST_ELSEWHERE)
            for seconds, name in sorted(found):
                if spent + seconds > most:
                    break
                names.append(name)
                spent += seconds
            left -= spent
            if names:
                yield program, names, spent

    def try_mutant(self, mutant, lane):
        """(verdict, by): killed, survived, unreached or impossible."""
        number = self.tree.number[mutant]
        if self.impossible >> number & 1:
            return "impossible", ""
        chosen = list(self._chosen(mutant))
        lane.choose(number)
        for program, names, seconds in chosen:
            if not self.cases.run(lane, program, names, 5 + 5 * seconds):
                return "killed", pathlib.Path(program).name
        return ("survived" if chosen else "unreached"), ""
