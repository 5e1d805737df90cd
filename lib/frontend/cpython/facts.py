# SPDX-License-Identifier: MIT
"""The facts of CPython's memory model, each shown on this very interpreter, whose objects Arenite serves.

    LD_PRELOAD=build/release/lib/libarenite.so /usr/bin/python3 lib/frontend/cpython/facts.py [FACT]...

Prints what it sees, and checks it: ends with 1 where a fact does not show. README.md in this folder explains the facts.
"""
import ctypes
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path.insert(0, os.path.join(HERE, "module"))
os.environ.setdefault("ARENITE_PROGRAM", os.path.join(ROOT, "build/release/bin/arenite"))
import arenite  # noqa: E402

FACTS = {}


def fact(title):
    def name(function):
        FACTS[function.__name__] = (title, function)
        return function

    return name


def show(what, value):
    """Of what `whatis` says, the line about the address itself; its neighbours follow."""
    print(f"    {what:26} {first_line(value)}")
    return value


def first_line(value):
    return str(value).partition("\n")[0]


def program(*arguments):
    environment = {key: value for key, value in os.environ.items() if key not in ("LD_PRELOAD", "ARENITE_OPTIONS")}
    return subprocess.run([os.environ["ARENITE_PROGRAM"], *arguments], capture_output=True, text=True, check=True,
                          env=environment).stdout


def stack_address():
    """An address on the stack of the main function: field 28 of the process's status."""
    with open("/proc/self/stat", encoding="ascii") as file:
        return int(file.read().rpartition(")")[2].split()[25])


def code_address():
    with open("/proc/self/maps", encoding="ascii") as file:
        return next(int(line.split("-")[0], 16) for line in file if "libc.so.6" in line)


def state(text):
    return first_line(text).rpartition(": ")[2]


@fact("stack, global data, mapped files and the heap are told apart")
def M1():
    assert "stack" in show("an address on the stack", arenite.whatis_address(stack_address()))
    assert "libc" in show("the C library's first byte", arenite.whatis_address(code_address()))
    assert "python" in show("None, which is no heap object", arenite.whatis(None))
    assert re.search(r"block \d+ of \d+ bytes.* pool \d+, arena \d+: live", show("a new list", arenite.whatis([])))


@fact("every object lies on the heap, names only refer to it")
def M2():
    a = int("1000")
    b = a
    show("a = 1000; id(a)", arenite.whatis(a))
    show("b = a; id(b)", arenite.whatis(b))
    assert id(a) == id(b)
    a = a - 23
    show("a = a - 23; id(a)", arenite.whatis(a))
    show("id(b) is what it was", arenite.whatis(b))
    assert (a, b) == (977, 1000) and id(a) != id(b)
    assert state(arenite.whatis(a)) == state(arenite.whatis(b)) == "live"


@fact("what only a function's names referred to is freed when it returns")
def M3():
    class Local:
        # Of a size that nothing else here has.
        __slots__ = [f"slot{i}" for i in range(55)]

    def called():
        local = Local()
        assert state(show("during the call", arenite.whatis(local))) == "live"
        return id(local)

    assert "free" in state(show("after it", arenite.whatis_address(called())))


@fact("sizes 1 to 512 go to 64 classes of blocks, 8 bytes apart, in the classic geometry; 16 apart in production")
def M4():
    rows = [re.findall(r"\d+", line)[:4] for line in program("classes", "--geometry", "classic").splitlines()
            if re.match(r" +\d+ +\d+-\d+ ", line)]
    table = {request: (int(row[0]), int(row[3])) for row in rows for request in range(int(row[1]), int(row[2]) + 1)}
    assert len(table) == 512
    assert all(table[n] == ((n - 1) // 8, (n + 7) // 8 * 8) for n in table)
    for n in (1, 8, 9, 16, 505, 512):
        show(f"classic: {n} bytes", "class %d, block of %d bytes" % table[n])
    for n in (1, 17, 100, 450):
        made = bytes(n)
        bytes_of_block = int(re.search(r"of (\d+) bytes", arenite.whatis(made))[1])
        show(f"here: bytes({n}), {sys.getsizeof(made)} bytes", f"block of {bytes_of_block} bytes")
        assert bytes_of_block == (sys.getsizeof(made) + 15) // 16 * 16


@fact("a freed block is the next object's of the same size")
def M5():
    # One that CPython itself keeps no free ones of.
    first = bytes(300)
    where = id(first)
    show("an object of 333 bytes", arenite.whatis(first))
    del first
    show("freed", arenite.whatis_address(where))
    second = bytes(299)
    show("the next of its size", arenite.whatis(second))
    assert id(second) == where


@fact("64 pools to an arena; pools come out of arenas, blocks out of pools")
def M6():
    kept = [bytes(200) for _ in range(60_000)]
    places = {tuple(map(int, re.search(r"pool (\d+), arena (\d+)", arenite.whatis(one)).groups())) for one in kept[::6000]}
    for pool, arena in sorted(places):
        show(f"pool {pool}", f"arena {arena}")
        assert arena == pool // 64
    now = arenite.stats()
    pools = sum(one["pools"] for one in now["classes"])
    show("arenas, pools with blocks", f"{now['arenas']['count']}, {pools}")
    assert now["arenas"]["count"] * 64 >= pools > 60_000 * 240 / now["pool_bytes"]


class Table(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ("context", "malloc", "calloc", "realloc", "free")]


def domain_tables():
    tables = []
    for domain in range(3):
        table = Table()
        ctypes.pythonapi.PyMem_GetAllocator(domain, ctypes.byref(table))
        tables.append(table.malloc)
    return tables


@fact("three domains, raw, mem and obj: tables that may be replaced while the interpreter runs")
def C1():
    import tracemalloc

    ours = domain_tables()
    for name, function in zip(("raw", "mem", "obj"), ours):
        assert "libarenite" in show(f"malloc of {name}", arenite.whatis_address(function))
    tracemalloc.start()
    over = domain_tables()
    kept = [bytes(1000) for _ in range(100)]
    traced = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    show("replaced by tracemalloc's", over != ours)
    assert over != ours and traced > 100 * 1000 and len(kept) == 100
    assert show("and put back", domain_tables() == ours)


DEBUGGED = """
import ctypes
def at(address, count): return ctypes.string_at(address, count).hex(' ')
api = ctypes.pythonapi
api.PyMem_Malloc.restype = ctypes.c_void_p
api.PyMem_Free.argtypes = [ctypes.c_void_p]
block = api.PyMem_Malloc(12)
print('before it ', at(block - 8, 8))
print('new bytes ', at(block, 12))
print('behind it ', at(block + 12, 4))
library = ctypes.CDLL(None)
library.arn_describe.argtypes = [ctypes.c_void_p, ctypes.c_int]
import sys; sys.stdout.flush()
library.arn_describe(block, 1)
api.PyMem_Free(block)
print('freed     ', at(block, 12))
"""


@fact("hooks: patterns of new, freed and guard bytes; domain and serial number; switched on by the environment")
def C2():
    environment = dict(os.environ, ARENITE_OPTIONS="mode=debug:ranges=off:stack_depth=2")
    said = subprocess.run([sys.executable, "-c", DEBUGGED], env=environment, capture_output=True, text=True, check=True)
    for line in said.stdout.splitlines():
        print("    " + line)
    for pattern in (r"before it  (fd ?){8}\n", r"new bytes  (cd ?){12}\n", r"behind it  (fd ?){4}\n", r"freed      (dd ?){12}\n",
                    r"live block of 12 bytes at 0x\w+, serial \d+, from PyMem_Malloc"):
        assert re.search(pattern, said.stdout), pattern


@fact("where arenas come from can be replaced: CPython's own allocator, with arenas of Arenite")
def C3():
    built = os.environ.get("ARENITE_EMBEDDER", os.path.join(ROOT, "build/release/bin/python/embeds"))
    if not os.path.exists(built):
        return show("left out: not built", built)
    environment = {key: value for key, value in os.environ.items() if key != "LD_PRELOAD"}
    said = subprocess.run([built, "arenas"], env=environment, capture_output=True, text=True, check=True).stdout
    show("a program that embeds Python", said.strip())
    assert said == "before: done; serves arenas; a list is in an arena of Arenite: 1; after: none\n"


@fact("statistics for each class, whose sum is every mapped byte")
def C4():
    now = arenite.stats()
    one = now["classes"][3]
    show("one class", {key: one[key] for key in ("block_bytes", "pools", "live", "held", "free", "uncarved", "tail_bytes")})
    blocks = sum(c["block_bytes"] * c["capacity"] + c["tail_bytes"] for c in now["classes"])
    assert blocks == sum(c["pools"] for c in now["classes"]) * now["pool_bytes"]
    show("mapped", now["mapped_bytes"])
    assert show("accounted for", now["accounted_bytes"]) == now["mapped_bytes"]


@fact("'is this address ours?' is answered for any address, without a look at it")
def C5():
    for what, address, answer in (("0", 0, False), ("the last there is", 2**64 - 1, False), ("not canonical", 2**63 + 8, False),
                                  ("on the stack", stack_address(), False), ("None", id(None), False),
                                  ("a new list", id([]), True)):
        assert show(what, arenite.owns(address)) is answer


def resident_mib():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096 / 2**20


@fact("the fullest arena serves first, so that others drain, and their pages go back")
def C6():
    before = resident_mib()
    held = [[i] for i in range(1_000_000)]
    most = resident_mib()
    # What stays is spread over all of it.
    kept = held[::50_000]
    del held
    after = resident_mib()
    show("MiB before, held, dropped", f"{before:.1f}, {most:.1f}, {after:.1f}")
    show("times pages were given back", arenite.stats()["decommits"])
    assert len(kept) == 20 and after < before + (most - before) / 4
    # Of a size that has no pools yet, so that they have to come from some arena.
    young = [bytes(440) for _ in range(4_000)]
    arenas = {int(re.search(r"arena (\d+)", arenite.whatis(one))[1]) for one in young[::100]}
    show("where pools for others come from", f"arenas {sorted(arenas)} of {arenite.stats()['arenas']['count']}")
    assert len(arenas) <= 4


@fact("geometry: CPython's of today is 16 bytes, pools of 16 KiB, arenas of 1 MiB")
def C7():
    now = arenite.stats()
    show("here", f"16 bytes, pools of {now['pool_bytes'] >> 10} KiB, arenas of {now['pool_bytes'] * 64 >> 20} MiB")
    sizes = [one["block_bytes"] for one in now["classes"] if one["block_bytes"] <= 512]
    assert all(size % 16 == 0 for size in sizes)
    show("for comparison", program("classes", "--geometry", "classic").splitlines()[0])


def main(wanted):
    if not all(name in FACTS for name in wanted):
        print(__doc__, "facts: " + " ".join(FACTS), file=sys.stderr)
        return 64
    if arenite.serves() != "domains":
        print(f"facts.py: Arenite serves {arenite.serves()} of this interpreter: preload it", file=sys.stderr)
        return 2
    failed = 0
    for name in wanted or FACTS:
        title, function = FACTS[name]
        print(f"{name}: {title}")
        try:
            function()
        except AssertionError:
            print("    does not show")
            failed += 1
    print(f"{len(wanted or FACTS) - failed} facts show, {failed} do not")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
