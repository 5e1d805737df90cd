# SPDX-License-Identifier: MIT
"""The cases of GoogleTest programs, as CTest knows them, and how to run some of them with one mutant chosen."""
import ctypes
import dataclasses
import json
import mmap
import os
import pathlib
import resource
import signal
import subprocess

MOST = 1 << 16  # as in mutant.hpp
LARGEST_FILE = 1 << 30


@dataclasses.dataclass(frozen=True)
class Case:
    program: str
    name: str


class Control(ctypes.Structure):
    """As in mutant.hpp."""

    _fields_ = [("chosen", ctypes.c_uint), ("reached", ctypes.c_ubyte * MOST)]


class Lane:
    """A place where one trial runs at a time: a control, and a folder for what the tests write."""

    def __init__(self, folder):
        self.temporary = pathlib.Path(folder)
        self.temporary.mkdir(parents=True, exist_ok=True)
        self.path = self.temporary / "control"
        self.path.write_bytes(bytes(ctypes.sizeof(Control)))
        with open(self.path, "r+b") as stream:
            self.memory = mmap.mmap(stream.fileno(), 0)
        self.control = Control.from_buffer(self.memory)

    def choose(self, number):
        self.control.chosen = number

    def forget(self):
        ctypes.memset(ctypes.addressof(self.control.reached), 0, MOST)

    def reached(self):
        """Bits of the mutants that were come by, and of those that cannot stand where they stand."""
        marks = bytes(self.control.reached)
        here = there = 0
        for number in (n for n, mark in enumerate(marks) if mark):
            here |= 1 << number
            if marks[number] == 2:
                there |= 1 << number
        return here, there


class Cases:
    """All cases of a build folder."""

    def __init__(self, folder, left_out=()):
        shown = subprocess.run(["ctest", "--test-dir", str(folder), "--show-only=json-v1"], capture_output=True, text=True, check=True)
        self.environment, self.folders, self.all = {}, {}, []
        for test in json.loads(shown.stdout)["tests"]:
            command = test.get("command", [])
            filters = [part[15:] for part in command if part.startswith("--gtest_filter=")]
            properties = {p["name"]: p["value"] for p in test["properties"]}
            if not filters or pathlib.Path(command[0]).name in left_out:
                continue
            self.all.append(Case(command[0], filters[0]))
            self.environment[command[0]] = dict(entry.split("=", 1) for entry in properties.get("ENVIRONMENT", []))
            self.folders[command[0]] = properties["WORKING_DIRECTORY"]

    def run(self, lane, program, names, limit):
        """Whether these cases of a program pass; False too past `limit` seconds of CPU, or thrice as many of the clock."""

        def bound():
            resource.setrlimit(resource.RLIMIT_CPU, (int(limit) + 1, int(limit) + 2))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
            with open("/proc/self/oom_score_adj", "w", encoding="ascii") as stream:
                stream.write("1000")

        environment = dict(os.environ, ARENITE_MUTATION=str(lane.path), TMPDIR=str(lane.temporary), **self.environment[program])
        command = [program, "--gtest_filter=" + ":".join(names), "--gtest_fail_fast", "--gtest_brief=1", "--gtest_also_run_disabled_tests"]
        child = subprocess.Popen(command, cwd=self.folders[program], env=environment, preexec_fn=bound, start_new_session=True,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return child.wait(3 * limit) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            child.wait()
