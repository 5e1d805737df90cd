# SPDX-License-Identifier: MIT
"""The programs that are run, and their inputs, generated in a temporary folder and the same on every machine.

Kinds: `heavy` spends its time in malloc, `real` is a program people use, `figure` prints figures of its own that no
ratio of CPU seconds would show, and stays out of the geometric means.
"""
import dataclasses
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[3]
BIN = ROOT / "build/release/bin/bench"
SOURCES = ROOT / "lib/bench/programs"
PYTHON = "/usr/bin/python3" if pathlib.Path("/usr/bin/python3").exists() else "python3"


@dataclasses.dataclass(frozen=True)
class Program:
    name: str
    kind: str
    command: tuple
    environment: tuple = ()  # ("NAME=VALUE", ...)
    input: str | None = None  # standard input, a path
    server: str | None = None  # "redis": the command is a server that a client drives
    quick: bool = False
    repeats: int = 1  # more: the best of so many starts counts, and gives the figures
    # A program linked against an allocator of its own is given the C library's by name for the glibc column.
    links_allocator: bool = False


def heavy():
    def workload(label, program, *arguments, quick=False):
        return Program(label, "heavy", (str(BIN / program), *map(str, arguments)), quick=quick)

    return [
        workload("larson", "larson", quick=True),
        workload("ring-2", "cross_thread_ring", 2, 64, quick=True),
        workload("ring-16", "cross_thread_ring", 16, 0, 2_000_000),
        workload("cache-scratch", "cache_scratch"),
        workload("cache-thrash", "cache_thrash"),
        workload("mix-1", "alloc_mix", 1, 4_000_000, quick=True),
        workload("mix-2", "alloc_mix", 2, 6_000_000, 20_000),
        workload("mix-64", "alloc_mix", 64, 4_000_000, 1_000),
        workload("mix-python", "alloc_mix", 1, 6_000_000, 50_000, "python", quick=True),
        workload("mix-compiler", "alloc_mix", 1, 4_000_000, 50_000, "compiler"),
        workload("mix-redis", "alloc_mix", 1, 6_000_000, 50_000, "redis"),
        workload("fragmentation", "fragmentation", quick=True),
        workload("churn-16M", "churn", 16, 3_000_000),
        workload("churn-256M", "churn", 256, 1_000_000),
        workload("thread-churn", "thread_churn", quick=True),
        workload("symbolic", "symbolic", quick=True),
        workload("raytrace", "raytrace", quick=True),
    ]


def figures():
    def figure(label, program, *arguments, quick=False):
        return Program(label, "figure", (str(BIN / program), *map(str, arguments)), quick=quick)

    return [
        Program("start-of-true", "figure", (shutil.which("true"),), quick=True, repeats=40),
        figure("batches", "batches", 5, quick=True),
        figure("handoff", "handoff"),
        figure("realloc", "realloc_growth", quick=True),
        figure("latency", "latency"),
        figure("returned", "returned", quick=True),
        figure("overhead-24", "overhead", 24, 5_000_000),
        figure("overhead-python", "overhead", "python", 1_000_000, quick=True),
        figure("idle-threads", "idle_threads"),
    ]


def real(folder):
    """The real programs that are installed, with their inputs made in `folder`, and a line for each that is not."""
    made, absent = [], []

    def add(name, tool, *arguments, **rest):
        path = tool if "/" in str(tool) else shutil.which(tool)
        if path is None or not pathlib.Path(path).exists():
            absent.append(f"{name}: {tool} is not installed")
        else:
            made.append(Program(name, "real", (str(path), *map(str, arguments)), **rest))

    objects = ("PYTHONMALLOC=malloc", "PYTHONHASHSEED=0", "PYTHONDONTWRITEBYTECODE=1")
    python = shutil.which(PYTHON)
    add("python-objects", python, SOURCES / "objects.py", environment=objects, quick=True)
    add("python-text", python, SOURCES / "text.py", environment=objects)
    add("redis", "redis-server", "--port", 0, "--unixsocket", folder / "redis.sock", "--save", "", "--appendonly",
        "no", "--dir", folder, "--loglevel", "warning", server="redis", quick=True, links_allocator=True)
    add("sqlite3", "sqlite3", ":memory:", input=str(SOURCES / "queries.sql"), quick=True)
    add("lua", "lua5.4", SOURCES / "tables.lua", quick=True)
    add("perl", "perl", SOURCES / "words.pl", environment=("PERL_HASH_SEED=0",))
    add("g++", "g++", "-std=c++20", "-O1", "-c", SOURCES / "templates.cpp", "-o", folder / "gcc.o", quick=True)
    add("clang-19", "clang++-19", "-std=c++20", "-O0", "-c", SOURCES / "templates.cpp", "-o", folder / "clang.o")
    if shutil.which("git"):
        repository = make_repository(folder, python)
        no_config = ("GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_PAGER=cat")
        add("git-log", "git", "-C", repository, "log", "-p", "--stat", "-M", environment=no_config, quick=True)
        add("git-repack", "git", "-C", repository, "-c", "pack.threads=1", "-c", "gc.auto=0", "repack", "-adfq",
            environment=no_config)
    else:
        absent.append("git: not installed")
    add("gs", "gs", "-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", "-sDEVICE=ppmraw", "-r72", "-sOutputFile=/dev/null",
        SOURCES / "pages.ps")
    add("zstd", "zstd", "-q", "-f", "-9", "-T1", make_text(folder), "-o", folder / "text.zst")
    return made, absent


def make_repository(folder, python):
    repository = folder / "repository"
    stream = folder / "history"
    with open(stream, "wb") as out:
        subprocess.run([python, SOURCES / "history.py", "1200"], stdout=out, check=True)
    subprocess.run(["git", "init", "-q", "-b", "main", repository], check=True)
    with open(stream, "rb") as text:
        subprocess.run(["git", "-C", repository, "fast-import", "--quiet"], stdin=text, check=True)
    return repository


def make_text(folder):
    """17 MB of words in an order that repeats near and far."""
    path = folder / "text"
    words = [f"{kind}{number * 7919 % 1009}" for number in range(2000) for kind in ("sand", "pool", "arena", "bed")]
    state = 1
    with open(path, "w", encoding="ascii") as out:
        for _ in range(40_000):
            line = []
            for _ in range(60):
                state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
                line.append(words[(state >> 33) % len(words)])
            out.write(" ".join(line) + "\n")
    return path
