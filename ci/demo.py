#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The main job on real programs: python3, redis-server, git and g++ run unchanged under libarenite.so
and are audited while they live; then scratch programs make mistakes: the audit says which, and debug mode in which line.

Called by ci/demo, which installs what this needs.  --no-build uses build/release as it is.

Exit status 0 if every program succeeded with no finding and the mistake was found, 1 otherwise.
"""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
RELEASE = ROOT / "build" / "release"
LIBRARY = RELEASE / "lib" / "libarenite.so"
ARENITE = RELEASE / "bin" / "arenite"
AUDITS_AT_MOST = 5

PYTHON = """
import json, re, sys
records = [{"id": i, "name": f"n{i}", "tags": [str(i % 7), "x" * (i % 50)]} for i in range(120_000)]
for _ in range(3):
    text = json.dumps(records)
    records = json.loads(text)
words = {}
for word in re.findall(r"\\w+", text):
    words[word] = words.get(word, 0) + 1
print(len(words), len(text))
"""

MISTAKE = """
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(void) {
  void *volatile block = malloc(48);
  free(block);
  free(block); /* the mistake */
  puts("ready");
  fflush(stdout);
  pause();
}
"""


OVERFLOW = """
#include <stdlib.h>
#include <string.h>
struct name { char letters[12]; };
static struct name *remember(const char *text) {
  struct name *kept = malloc(sizeof *kept);
  strcpy(kept->letters, text); /* as long as it fits */
  return kept;
}
int main(void) {
  free(remember("sand"));
  free(remember("a grain of sand"));
}
"""


def say(text=""):
    print(text, flush=True)


def build():
    say("building the release (a minute or two) ...")
    log = ROOT / "build" / "demo-build.log"
    log.parent.mkdir(exist_ok=True)
    with open(log, "w") as out:
        for command in (["cmake", "--preset", "release", "-DARENITE_BENCH=OFF"],
                        ["cmake", "--build", "--preset", "release"]):
            if subprocess.run(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT).returncode:
                sys.exit(f"ci/demo: {' '.join(command)} failed; see {log}")


def preloaded():
    return dict(os.environ, LD_PRELOAD=str(LIBRARY))


def plain():
    """The C library's malloc, also for a program that was linked with another one (Debian's redis)."""
    return dict(os.environ, LD_PRELOAD="libc.so.6")


def family(pid):
    """The process and its descendants."""
    found = [pid]
    for one in found:
        try:
            for task in os.listdir(f"/proc/{one}/task"):
                children = pathlib.Path(f"/proc/{one}/task/{task}/children").read_text()
                found += [int(child) for child in children.split()]
        except OSError:
            pass
    return found


def biggest(pid):
    """The member of the family with the most memory resident: the one that does the work."""
    def resident(one):
        try:
            return int(pathlib.Path(f"/proc/{one}/statm").read_text().split()[1])
        except (OSError, IndexError):
            return -1
    return max(family(pid), key=resident)


class Witness:
    """Audits a process now and then, and remembers the largest heap seen."""

    def __init__(self):
        self.audits = self.findings = self.unclear = 0
        self.largest = None

    def look(self, pid):
        done = subprocess.run([ARENITE, "audit", "--pid", str(pid), "--format", "json"],
                              capture_output=True, text=True)
        if not pathlib.Path(f"/proc/{pid}").exists():
            return  # It ended meanwhile: nothing was seen.
        if done.returncode not in (0, 1):
            self.unclear += 1
            return
        self.audits += 1
        report = json.loads(done.stdout)
        self.findings += report["findings"]
        for heap in report["heaps"]:
            if self.largest is None or heap["blocks"] > self.largest["blocks"]:
                self.largest = heap


def run(command, environment, witness=None, **options):
    """Runs a command to its end; returns (exit status, CPU seconds of its family, peak resident MiB of
    the family's largest member)."""
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, **options)
    peak, next_look = 0.0, time.monotonic() + 0.3
    while True:
        ended, status, usage = os.wait4(child.pid, os.WNOHANG)
        if ended:
            child.returncode = os.waitstatus_to_exitcode(status)
            return child.returncode, usage.ru_utime + usage.ru_stime, peak
        peak = max(peak, peak_mib(biggest(child.pid)))
        if witness and witness.audits < AUDITS_AT_MOST and time.monotonic() > next_look:
            witness.look(biggest(child.pid))
            next_look = time.monotonic() + 0.5
        time.sleep(0.02)


def cpu_seconds(pid):
    """Of a process that still runs."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mib(pid):
    try:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def python3(environment, witness, _):
    return run(["/usr/bin/python3", "-c", PYTHON], dict(environment, PYTHONMALLOC="malloc"), witness)


def gpp(environment, witness, scratch):
    source = ROOT / "lib" / "bench" / "programs" / "templates.cpp"
    return run(["g++", "-std=c++20", "-O2", "-c", str(source), "-o", str(scratch / "templates.o")],
               environment, witness)


def git(environment, witness, scratch):
    """A repository's life: commits, a branch, a merge, history, repacking."""
    script = r"""
set -e
rm -rf life && git init -q -b trunk life && cd life
git config user.name demo && git config user.email demo@localhost && git config gc.auto 0
for i in $(seq 60); do
  for f in 1 2 3 4 5 6; do seq $((i * f)) $((i * f * 3 + 400)) > "f$f-$((i % 17))"; done
  git add -A && git commit -q -m "change $i"
done
git checkout -q -b side HEAD~20 && seq 9000 > side && git add side && git commit -q -m side
git checkout -q trunk && git merge -q -m merge side
git log --stat -p > ../log && git fsck --full
git -c pack.threads=1 repack -adfq --depth=200 --window=200 && git gc -q
"""
    return run(["bash", "-c", script], environment, witness, cwd=scratch)


def redis(environment, witness, scratch):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    server = subprocess.Popen(
        ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", str(scratch)],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            answer = subprocess.run(["redis-cli", "-p", port, "ping"], capture_output=True, text=True)
            if answer.stdout.strip() == "PONG":
                break
            time.sleep(0.05)
        load = subprocess.Popen(
            ["redis-benchmark", "-p", port, "-q", "-n", "150000", "-r", "100000", "-d", "100", "-P", "8",
             "-t", "set,get,lpush,hset,sadd,zadd"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while load.poll() is None:
            if witness and witness.audits < AUDITS_AT_MOST:
                witness.look(server.pid)
            time.sleep(0.2)
        if server.poll() is not None:
            return 1, 0.0, 0.0
        seconds, peak, status = cpu_seconds(server.pid), peak_mib(server.pid), load.returncode
        subprocess.run(["redis-cli", "-p", port, "shutdown", "nosave"], capture_output=True)
        return status or server.wait(10), seconds, peak
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()


PROGRAMS = [("python3", "json, re and dicts, PYTHONMALLOC=malloc", python3),
            ("redis-server", "redis-benchmark on loopback", redis),
            ("git", "a repository's life", git),
            ("g++", "a template-heavy file", gpp)]


def serve(name, what, program, scratch):
    say(f"\n{name}: {what}")
    say("  with the C library's malloc ...")
    status_before, seconds_before, peak_before = program(plain(), None, scratch)
    say("  under libarenite.so, audited while it runs ...")
    witness = Witness()
    status, seconds, peak = program(preloaded(), witness, scratch)
    good = status == 0 and status_before == 0 and witness.audits > 0 and not witness.findings \
        and not witness.unclear
    if witness.largest:
        heap = witness.largest
        say(f"  heap at its largest: {heap['arenas']} arenas, {heap['pools']} pools, "
            f"{heap['blocks']} blocks, {heap['spans']} spans")
    say(f"  audits {witness.audits}, findings {witness.findings}"
        + (f", could not tell {witness.unclear}" if witness.unclear else ""))
    say(f"  CPU time {seconds:.2f} s beside {seconds_before:.2f} s, "
        f"peak memory {peak:.1f} MiB beside {peak_before:.1f} MiB"
        + ("" if good else f"   FAILED (exit status {status}, {status_before} without)"))
    return good


def mistake(scratch):
    say("\na scratch program that frees a block twice, audited while it waits")
    source, program = scratch / "mistake.c", scratch / "mistake"
    source.write_text(MISTAKE)
    subprocess.run(["gcc", "-O0", str(source), "-o", str(program)], check=True,
                   stderr=subprocess.DEVNULL)
    child = subprocess.Popen([program], env=preloaded(), stdout=subprocess.PIPE, text=True)
    try:
        child.stdout.readline()
        done = subprocess.run([ARENITE, "audit", "--pid", str(child.pid)], capture_output=True, text=True)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    say("  $ arenite audit --pid " + str(child.pid))
    for line in (done.stdout + done.stderr).splitlines():
        say("  " + line)
    say(f"  exit status {done.returncode}")
    return done.returncode == 1 and "T2" in done.stdout


def overflow(scratch):
    say("\na scratch program that writes behind a block, unchanged, in debug mode")
    source, program = scratch / "overflow.c", scratch / "overflow"
    source.write_text(OVERFLOW)
    subprocess.run(["gcc", "-g", "-O0", str(source), "-o", str(program)], check=True)
    done = subprocess.run([ARENITE, "run", "--mode", "debug", "--", program], capture_output=True, text=True)
    say(f"  $ arenite run --mode debug -- {program}")
    for line in done.stderr.splitlines():
        say("  " + line)
    wrong = next(i for i, line in enumerate(OVERFLOW.splitlines(), 1) if "strcpy" in line)
    return ("ERROR: AddressSanitizer: heap-buffer-overflow" in done.stderr and done.returncode == -signal.SIGABRT
            and f"overflow.c:{wrong}:" in done.stderr)


def main():
    if sys.argv[1:] not in ([], ["--no-build"]):
        print(__doc__, file=sys.stderr)
        return 64
    if not sys.argv[1:]:
        build()
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="arenite-demo-"))
    try:
        results = [serve(*program, scratch) for program in PROGRAMS]
        results.append(mistake(scratch))
        results.append(overflow(scratch))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    say("\n" + ("all as it should be" if all(results) else "NOT as it should be"))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
