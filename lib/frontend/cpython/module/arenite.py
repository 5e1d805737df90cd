# SPDX-License-Identifier: MIT
"""Arenite as seen from Python: what the heap that serves this process holds.

    LD_PRELOAD=libarenite.so python3
    >>> import arenite
    >>> arenite.serves()
    'domains'
    >>> print(arenite.whatis([]))

Works with the library that serves the process already, preloaded or linked; where there is none it loads one, which then
serves nothing until `install` is called. `whatis` and `snapshot` run the `arenite` program on this very process. All
raise OSError where the library or the program is not found, RuntimeError with the reason where something is refused.
"""
import ctypes
import json
import os
import shutil
import subprocess
import sys
import tempfile

__all__ = ["audit", "classes", "install", "install_arenas", "mode", "owns", "serves", "snapshot", "stats", "trim", "whatis",
           "whatis_address"]

_HERE = os.path.dirname(os.path.abspath(__file__))
_PROGRAM_PLACES = ("../../../bin/arenite", "../../../../bin/arenite", "../../bin/arenite")


def _load():
    process = ctypes.CDLL(None)
    if hasattr(process, "arn_python_serves"):
        return process
    return ctypes.CDLL(os.environ.get("ARENITE_LIBRARY", "libarenite.so.0"))


_library = _load()
for _name in ("arn_python_install", "arn_python_install_arenas", "arn_python_serves", "arn_mode"):
    getattr(_library, _name).restype = ctypes.c_char_p
_library.arn_owns.argtypes = [ctypes.c_void_p]
_library.arn_audit.restype = ctypes.c_size_t


def _written_by(function, *arguments):
    """What a function of the library writes to the file descriptor it is given."""
    with tempfile.TemporaryFile() as file:
        if function(file.fileno(), *arguments) == -1:
            raise OSError("the library could not write")
        file.seek(0)
        return file.read().decode(errors="replace")


def stats():
    """What every mapped byte is used for: a dict of bytes and counts, with a list `classes`."""
    return json.loads(_written_by(_library.arn_statistics, 1))


def classes():
    """Of each size class in use: block size, pools, live blocks, free blocks, ..."""
    return stats()["classes"]


def audit():
    """Checks every invariant of the heap. The findings, a line each: none if all is well."""
    return _written_by(_library.arn_audit).splitlines()


def trim():
    """Gives pages that no block uses back to the system. Whether there were any."""
    return bool(_library.arn_trim())


def owns(address):
    """Whether the heap hands out blocks from there; `id(object)` is an address."""
    return bool(_library.arn_owns(address))


def mode():
    """Which mode of the debug layer is on: fast, sample, debug or page."""
    return _library.arn_mode().decode()


def serves():
    """What of this interpreter is served: "domains", "arenas" or "none"."""
    return _library.arn_python_serves().decode()


def _program():
    places = [os.path.join(_HERE, place) for place in _PROGRAM_PLACES]
    found = next((place for place in places if os.access(place, os.X_OK)), None)
    found = os.environ.get("ARENITE_PROGRAM") or found or shutil.which("arenite")
    if found is None:
        raise OSError("the arenite program is not found: put it into PATH, or name it in ARENITE_PROGRAM")
    return found


def _ask_program(*arguments):
    """What the program says of this process, which waits meanwhile. The child may look at its parent where Yama asks."""
    pr_set_ptracer, any_process = 0x59616D61, -1
    ctypes.CDLL(None).prctl(pr_set_ptracer, any_process, 0, 0, 0)
    environment = {key: value for key, value in os.environ.items() if key not in ("LD_PRELOAD", "ARENITE_OPTIONS")}
    try:
        done = subprocess.run([_program(), *arguments], capture_output=True, text=True, env=environment, check=False)
    finally:
        ctypes.CDLL(None).prctl(pr_set_ptracer, 0, 0, 0, 0)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr.strip() or f"arenite ended with {done.returncode}")
    return done.stdout


def whatis_address(address):
    """What lies at an address: block, pool and arena, and whether it is live; or whose memory it is."""
    return _ask_program("whatis", "--pid", str(os.getpid()), hex(address)).strip()


def whatis(what):
    """The same of an object."""
    return whatis_address(id(what))


def snapshot(path):
    """Writes the heap as it is to a file, for `arenite audit`, `stat`, `diff`."""
    _ask_program("snapshot", "--pid", str(os.getpid()), "--output", os.fspath(path))


def _refuse(reason):
    if reason is not None:
        raise RuntimeError(reason.decode())


def install():
    """Serves the three domains from now on; blocks that are older go back where they came from."""
    tracing = "tracemalloc" in sys.modules and sys.modules["tracemalloc"].is_tracing()
    if tracing and serves() != "domains":
        raise RuntimeError("tracemalloc is running: its hooks would not be told of blocks that become Arenite's")
    _refuse(_library.arn_python_install())


def install_arenas():
    """Serves the arenas of CPython's own allocator; only before the interpreter is initialised, that is, from a program."""
    _refuse(_library.arn_python_install_arenas())
