# SPDX-License-Identifier: MIT
"""Runs one program under one allocator and says what it cost."""
import dataclasses
import json
import os
import subprocess
import time

from . import programs
from .allocators import GLIBC

MEASURE = programs.BIN / "measure"
TIME_LIMIT = 120  # seconds; a program that takes longer has failed
C_LIBRARY = "/lib/x86_64-linux-gnu/libc.so.6"


@dataclasses.dataclass
class Result:
    cpu: float = 0.0
    wall: float = 0.0
    peak_kib: int = 0
    figures: dict = dataclasses.field(default_factory=dict)
    problem: str | None = None


def preload(program, allocator):
    if allocator.library:
        return [f"LD_PRELOAD={allocator.library}"]
    if allocator.name == GLIBC and program.links_allocator:
        return [f"LD_PRELOAD={C_LIBRARY}"]
    return []


def run(program, allocator, folder):
    """The cost of `program`, the least of its repeats."""
    results = [run_once(program, allocator, folder) for _ in range(program.repeats)]
    failed = [result for result in results if result.problem]
    if failed or program.repeats == 1:
        return (failed or results)[0]
    least = min(results, key=lambda result: result.wall)
    peak = min(result.peak_kib for result in results)
    least.figures = {"start_us": least.wall * 1e6, "peak_kib": float(peak)}
    return least


def run_once(program, allocator, folder):
    cost = folder / "cost.json"
    cost.unlink(missing_ok=True)
    settings = [*program.environment, *preload(program, allocator)]
    command = [str(MEASURE), str(cost), *settings, "--", *program.command]
    output = folder / "output"
    complaints = folder / "complaints"
    with open(program.input or os.devnull, "rb") as given, open(output, "wb") as out, open(complaints, "wb") as err:
        started = subprocess.Popen(command, stdin=given, stdout=out, stderr=err, start_new_session=True)
        problem = drive(program, started, folder) if program.server else None
        if problem:
            stop(started)
        try:
            started.wait(timeout=TIME_LIMIT)
        except subprocess.TimeoutExpired:
            stop(started)
            problem = problem or f"did not end in {TIME_LIMIT} s"
    return judge(problem, cost, output, complaints, program.kind == "figure")


def stop(started):
    """Ends the program through `measure`, which passes the signal on; then for good."""
    started.terminate()
    try:
        started.wait(timeout=5)
    except subprocess.TimeoutExpired:
        os.killpg(started.pid, 9)
        started.wait()


def judge(problem, cost, output, errors, has_figures):
    try:
        spent = json.loads(cost.read_text())
    except (OSError, ValueError):
        return Result(problem=problem or "measured nothing")
    if problem is None and spent["signal"]:
        problem = f"ended by signal {spent['signal']}"
    if problem is None and spent["exit"]:
        said = errors.read_text(errors="replace").strip().splitlines()
        problem = f"exit {spent['exit']}" + (f": {said[-1][:100]}" if said else "")
    figures = parse_figures(output.read_text(errors="replace")) if has_figures and problem is None else {}
    return Result(spent["user"] + spent["system"], spent["wall"], spent["peak_kib"], figures, problem)


def parse_figures(text):
    """`key=value` words; a line that gives a size has it as part of its keys: `pair_ns@64`."""
    figures = {}
    for line in text.splitlines():
        pairs = dict(word.split("=", 1) for word in line.split() if "=" in word)
        size = pairs.pop("size", None)
        for key, value in pairs.items():
            figures[f"{key}@{size}" if size else key] = float(value)
    return figures


REDIS_COMMANDS = "set,get,incr,lpush,lpop,sadd,hset,zadd"


def drive(program, started, folder):
    """Waits for the server, has the client do its work, asks the server to leave. Returns a problem, or None."""
    assert program.server == "redis"
    socket = folder / "redis.sock"
    client = ["redis-cli", "-s", str(socket)]
    deadline = time.monotonic() + 10
    while not answers(client):
        if started.poll() is not None:
            return None  # it ended; its exit status says why
        if time.monotonic() > deadline:
            return "the server does not answer"
        time.sleep(0.02)
    load = ["redis-benchmark", "-s", str(socket), "-q", "-n", "60000", "-P", "16", "-r", "50000", "-d", "100", "-t",
            REDIS_COMMANDS]
    try:
        done = subprocess.run(load, capture_output=True, text=True, timeout=TIME_LIMIT, check=False)
        problem = None if done.returncode == 0 else "the client failed: " + (done.stderr.strip() or "no message")[-100:]
    except subprocess.TimeoutExpired:
        problem = "the client did not end"
    subprocess.run([*client, "shutdown", "nosave"], capture_output=True, check=False, timeout=30)
    return problem


def answers(client):
    try:
        done = subprocess.run([*client, "ping"], capture_output=True, check=False, timeout=5)
    except subprocess.TimeoutExpired:
        return False
    return done.stdout.strip() == b"PONG"


