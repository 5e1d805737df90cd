#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Programs in Python, each of one kind of work; all are the same on every run and check what they did.

  workloads.py              the names
  workloads.py NAME [N]     one of them, N times its usual amount of work (1)

No two share a process when they are measured. `returned` is no work: it holds objects of many sizes, drops them, and
prints how much memory the process has then.
"""
import sys

WORKLOADS = {}


def workload(repeats):
    """Repeats: how often for about half a second of CPU time."""

    def name(function):
        WORKLOADS[function.__name__] = lambda scale: function(scale * repeats)
        return function

    return name


def numbers(seed, count):
    """`count` integers below 2**31, the same in every version of Python."""
    state = seed
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        yield state >> 33


@workload(2)
def objects(scale):
    class Particle:
        def __init__(self, name, mass):
            self.name, self.mass, self.near = name, mass, []

    for _ in range(4 * scale):
        particles = [Particle(f"p{i}", i + 0.5) for i in range(40_000)]
        for i, particle in enumerate(particles):
            particle.near.append(particles[i * 31 % len(particles)])
        assert sum(len(p.near) for p in particles) == 40_000


@workload(3)
def slots(scale):
    class Point:
        __slots__ = ("x", "y", "z")

        def __init__(self, x, y, z):
            self.x, self.y, self.z = x, y, z

    for _ in range(6 * scale):
        points = [Point(i, i * 0.5, -i) for i in range(60_000)]
        for point in points:
            point.x, point.y = point.y + 0.25, point.x * 3
        assert points[-1].z == -59_999


@workload(2)
def dicts(scale):
    for _ in range(4 * scale):
        groups = {}
        for i, number in enumerate(numbers(1, 80_000)):
            groups.setdefault(number % 5_000, {})[i] = number
        merged = {key: sum(group.values()) for key, group in groups.items()}
        assert len(merged) == 5_000


@workload(3)
def sets(scale):
    for _ in range(3 * scale):
        ones = [set(numbers(i, 30)) for i in range(3_000)]
        union = frozenset().union(*ones)
        assert all(one <= union for one in ones)
        assert sum(len(one ^ ones[0]) for one in ones) > 0


@workload(2)
def tuples(scale):
    for _ in range(3 * scale):
        rows = [(number % 977, i, str(i)) for i, number in enumerate(numbers(2, 60_000))]
        rows.sort()
        pairs = [(left[0], right) for left, right in zip(rows, rows[1:])]
        assert pairs[0][0] <= pairs[-1][0]


@workload(4)
def lists(scale):
    for _ in range(4 * scale):
        grid = [[0] * (i % 60) for i in range(20_000)]
        for i, row in enumerate(grid):
            for k in range(i % 40):
                row.append(k)
            del row[: len(row) // 2]
        assert sum(map(len, grid)) > 0


@workload(6)
def floats(scale):
    for _ in range(6 * scale):
        values = [i * 0.37 for i in range(100_000)]
        for _ in range(3):
            values = [value * 1.0001 + 0.5 for value in values]
        assert values[1] > 0


@workload(2)
def integers(scale):
    value, other = 3**400, 7**300
    total = 0
    for i in range(60_000 * scale):
        total = (total * value + other * i) % (1 << 2_000)
    assert total > 0


@workload(8)
def fibonacci(scale):
    def fib(n):
        return n if n < 2 else fib(n - 1) + fib(n - 2)

    assert [fib(25) for _ in range(3 * scale)][0] == 75_025


@workload(10)
def trees(scale):
    def grow(depth):
        return (grow(depth - 1), grow(depth - 1)) if depth else None

    def count(tree):
        return 1 if tree is None else 1 + count(tree[0]) + count(tree[1])

    kept = grow(15)
    for _ in range(24 * scale):
        assert count(grow(12)) == 8_191
    assert count(kept) == 65_535


@workload(4)
def strings(scale):
    for _ in range(4 * scale):
        words = [f"{number:x}-{i}" for i, number in enumerate(numbers(3, 40_000))]
        text = " ".join(words)
        assert text.upper().lower().split() == words
        assert len("".join(word.replace("a", "aa").rjust(20) for word in words)) >= 800_000


@workload(6)
def bytestrings(scale):
    for _ in range(3 * scale):
        parts = [bytes([number % 256]) * (number % 3_000) for number in numbers(4, 8_000)]
        buffer = bytearray()
        for part in parts:
            buffer += part[: len(part) // 2]
        assert len(buffer) == sum(len(part) // 2 for part in parts)


@workload(4)
def json_text(scale):
    import json

    rows = [{"id": i, "name": f"n{number}", "tags": [f"t{number % k}" for k in range(1, 6)], "at": {"x": i * 0.5}}
            for i, number in enumerate(numbers(5, 6_000))]
    for _ in range(5 * scale):
        assert json.loads(json.dumps(rows)) == rows


@workload(3)
def pickled(scale):
    import pickle

    rows = [(i, str(number), {"k": number, "l": [number] * 3}) for i, number in enumerate(numbers(6, 20_000))]
    for _ in range(6 * scale):
        assert len(pickle.loads(pickle.dumps(rows))) == len(rows)


@workload(2)
def regex(scale):
    import re

    text = " ".join(f"user{number % 100}@host{number % 13}.example, {number}" for number in numbers(7, 20_000))
    pattern = re.compile(r"(\w+)@(\w+)\.(\w+)")
    for _ in range(5 * scale):
        found = pattern.findall(text)
        assert len(found) == 20_000
        assert len(re.sub(r"\d+", lambda match: f"<{match.group()}>", text)) > len(text)


@workload(2)
def xml_tree(scale):
    from xml.etree import ElementTree

    source = "<all>" + "".join(f'<row id="{i}"><a>{number}</a><b k="v">text {i}</b></row>'
                               for i, number in enumerate(numbers(8, 8_000))) + "</all>"
    for _ in range(4 * scale):
        tree = ElementTree.fromstring(source)
        assert len(tree.findall("./row/a")) == 8_000
        assert len(ElementTree.tostring(tree)) > 100_000


@workload(6)
def asynchronous(scale):
    import asyncio

    async def worker(queue, results):
        while (item := await queue.get()) is not None:
            await asyncio.sleep(0)
            results.append(item * 2)

    async def main():
        queue, results = asyncio.Queue(100), []
        workers = [asyncio.create_task(worker(queue, results)) for _ in range(20)]
        for i in range(15_000 * scale):
            await queue.put(i)
        for _ in workers:
            await queue.put(None)
        await asyncio.gather(*workers)
        return results

    assert len(asyncio.run(main())) == 15_000 * scale


@workload(3)
def database(scale):
    import sqlite3

    connection = sqlite3.connect(":memory:")
    connection.execute("create table t (i integer primary key, a integer, b text)")
    connection.executemany("insert into t (a, b) values (?, ?)",
                           ((number % 1_000, f"text {number}") for number in numbers(9, 60_000 * scale)))
    connection.execute("create index ta on t (a)")
    for _ in range(2 * scale):
        rows = connection.execute("select a, count(*), group_concat(b) from t group by a order by a").fetchall()
        assert len(rows) == 1_000
        assert len(connection.execute("select * from t where b like '%7%'").fetchall()) > 0


@workload(8)
def deep_copies(scale):
    import copy

    nested = {i: [{"k": str(i), "l": list(range(i % 9))}, (i, str(i))] for i in range(1_500)}
    for _ in range(6 * scale):
        assert copy.deepcopy(nested) == nested


@workload(2)
def compiled(scale):
    import ast

    source = "\n".join(f"def f{i}(a, b=[{i}], *c, **d):\n    x = [a * {i} + k for k in range(b[0] or {i})]\n"
                       f"    if x and a > {i}:\n        return {{'k{i}': x, 'l': (a, b, c)}}\n    return d.get('{i}')\n"
                       for i in range(700))
    for _ in range(3 * scale):
        assert len(ast.parse(source).body) == 700
        compile(source, "made", "exec")


@workload(3)
def csv_table(scale):
    import csv
    import io

    rows = [[str(number), f"a, {i}", "x" * (number % 50)] for i, number in enumerate(numbers(10, 15_000))]
    for _ in range(6 * scale):
        stream = io.StringIO()
        csv.writer(stream).writerows(rows)
        stream.seek(0)
        assert list(csv.reader(stream)) == rows


@workload(8)
def decimals(scale):
    from decimal import Decimal
    from fractions import Fraction

    total = sum((Decimal(number) / 7 for number in numbers(11, 60_000 * scale)), Decimal(0))
    assert total > 0
    assert sum((Fraction(1, i) for i in range(1, 500)), Fraction(0)) > 6


@workload(8)
def generators(scale):
    def pairs(count):
        for i in range(count):
            yield i, lambda k=i: k

    def flattened(depth):
        if depth:
            yield from flattened(depth - 1)
            yield depth
            yield from flattened(depth - 1)

    for _ in range(4 * scale):
        assert sum(function() for _, function in pairs(50_000)) > 0
        assert sum(1 for _ in flattened(13)) == 8_191


@workload(3)
def logs(scale):
    import io
    import logging

    stream = io.StringIO()
    logger = logging.Logger("bench")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger.addHandler(handler)
    for i in range(18_000 * scale):
        logger.warning("request %d from %s took %.3f s", i, f"host{i % 50}", i * 0.001)
    assert stream.getvalue().count("\n") == 18_000 * scale


@workload(2)
def medium_blocks(scale):
    """513 bytes to 32 KiB: what CPython's own allocator leaves to the C library."""
    kept = {}
    for i, number in enumerate(numbers(12, 300_000 * scale)):
        kept[number % 2_000] = bytes(513 + number % 8_000 if number % 10 else 513 + number % 32_000)
    assert len(kept) == 2_000


@workload(8)
def threads(scale):
    import queue
    import threading

    passed, results = queue.Queue(1_000), []

    def consume():
        while (item := passed.get()) is not None:
            results.append(len(item))

    consumers = [threading.Thread(target=consume) for _ in range(3)]
    for thread in consumers:
        thread.start()
    for i in range(25_000 * scale):
        passed.put([i] * (i % 20))
    for _ in consumers:
        passed.put(None)
    for thread in consumers:
        thread.join()
    assert len(results) == 25_000 * scale


def resident_mib():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096 / 2**20


def returned():
    def held(count):
        return [({"key": i, "name": f"n{i}"}, [i] * (i % 30), bytes(i % 400)) for i in range(count)]

    before = resident_mib()
    objects_held = held(230_000)
    peak = resident_mib()
    del objects_held
    print(f"before={before:.1f} held={peak:.1f} after={resident_mib():.1f}")


def main(arguments):
    if arguments == ["returned"]:
        return returned()
    if not arguments or arguments[0] not in WORKLOADS or len(arguments) > 2:
        print(*WORKLOADS, "returned", sep="\n")
        return 64 if arguments else 0
    WORKLOADS[arguments[0]](int(arguments[1]) if len(arguments) == 2 else 1)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
