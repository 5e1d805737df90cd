# SPDX-License-Identifier: MIT
"""Where and of what the figures were taken."""
import os
import pathlib
import platform
import shlex
import subprocess
import sys
import time

from .allocators import ROOT


def git(*arguments):
    done = subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def distribution():
    for line in pathlib.Path("/etc/os-release").read_text().splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.partition("=")[2].strip('"')
    return platform.system()


def memory_gib():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def describe():
    commit = git("rev-parse", "--short=12", "HEAD") or "unknown"
    changed = git("status", "--porcelain", "--untracked-files=no")
    return {
        "machine": f"{os.cpu_count()} x {processor()}, {memory_gib():.0f} GiB",
        "system": f"{distribution()}, Linux {platform.release()}, {' '.join(platform.libc_ver())}",
        "commit": commit + (" with local changes" if changed else ""),
        "command": shlex.join([os.path.relpath(sys.argv[0], ROOT), *sys.argv[1:]]),
        "date": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()),
        "load before": f"{os.getloadavg()[0]:.2f}",
    }
