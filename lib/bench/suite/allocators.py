# SPDX-License-Identifier: MIT
"""The allocators that take part, and which library each is."""
import dataclasses
import glob
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[3]
LIBRARIES = "/usr/lib/x86_64-linux-gnu/"
GLIBC = "glibc"
ARENITE = "arenite"
PEERS = {
    "mimalloc": LIBRARIES + "libmimalloc.so.2.0",
    "jemalloc": LIBRARIES + "libjemalloc.so.2",
    "tcmalloc": LIBRARIES + "libtcmalloc_minimal.so.4",
    "tbbmalloc": LIBRARIES + "libtbbmalloc_proxy.so.2",
    "scudo": "/usr/lib/llvm-19/lib/clang/*/lib/linux/libclang_rt.scudo_standalone-x86_64.so",
}
QUICK = ("mimalloc", "jemalloc", "tcmalloc")


@dataclasses.dataclass(frozen=True)
class Allocator:
    name: str
    library: str | None  # None: the C library's own, nothing preloaded


def find(further, quick):
    """The allocators to run, in a fixed order, and a line for each that is not there."""
    chosen, absent = [Allocator(GLIBC, None)], []
    for name, pattern in PEERS.items():
        if quick and name not in QUICK:
            continue
        found = sorted(glob.glob(pattern))
        if found:
            chosen.append(Allocator(name, found[-1]))
        else:
            absent.append(f"{name}: {pattern} is not installed")
    own = ROOT / "build/release/lib/libarenite.so"
    if own.exists():
        chosen.append(Allocator(ARENITE, str(own)))
    else:
        absent.append(f"{ARENITE}: {own.relative_to(ROOT)} is not built")
    for argument in further:
        name, equals, library = argument.partition("=")
        if not (name and equals) or any(name == other.name for other in chosen):
            raise ValueError(f"not a new NAME=LIBRARY: {argument}")
        if not pathlib.Path(library).is_file():
            raise ValueError(f"no such library: {library}")
        chosen.append(Allocator(name, str(pathlib.Path(library).resolve())))
    return chosen, absent
