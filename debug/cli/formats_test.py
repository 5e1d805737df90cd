#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `arenite` prints, read by others: JSON against debug/cli/schema, SARIF against what 2.1.0 requires, a pprof
profile decoded and by `go tool pprof`, Prometheus text by promtool, folded stacks.

  formats_test.py ARENITE LIBRARY SUBJECT

ARENITE_SARIF_SCHEMA=FILE: OASIS's schema of SARIF 2.1.0, against which SARIF is held too.

Skips what the machine has no reader for, and says so. Ends with 1 if anything is not as it should be, 77 if
python3-jsonschema is not there.
"""
import ctypes
import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print("skipped: no python3-jsonschema here")
    sys.exit(77)

ARENITE, LIBRARY, SUBJECT = sys.argv[1:4]
SCHEMAS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "schema")
wrong = []
checked = 0


def expect(condition, what):
    global checked
    checked += 1
    if not condition:
        wrong.append(what)
        print("not as it should be:", what)


def load(name):
    with open(os.path.join(SCHEMAS, name + ".json")) as file:
        return json.load(file)


STORE = {"common.json": load("common")}


def errors_of(name, answer):
    schema = load(name)
    resolver = jsonschema.RefResolver(name + ".json", schema, store={**STORE, name + ".json": schema})
    return list(jsonschema.Draft202012Validator(schema, resolver=resolver).iter_errors(answer))


def run(words, codes=(0, 1), text=True):
    done = subprocess.run([ARENITE] + words, capture_output=True, text=text, timeout=300,
                          env={**os.environ, "ARENITE_LIBRARY": LIBRARY})
    expect(done.returncode in codes, f"{' '.join(words)} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def end_with_this():
    """Where this is killed, nobody is there to end what it started."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Subject:
    def __init__(self, mode, *words):
        self.process = subprocess.Popen([ARENITE, "run", "--mode", mode, "--", SUBJECT, *words],
                                        stdout=subprocess.PIPE, text=True, env={**os.environ, "ARENITE_LIBRARY": LIBRARY},
                                        preexec_fn=end_with_this)
        self.at = self.process.stdout.readline().strip()
        self.source = ["--pid", str(self.process.pid)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def check_json(schema, words, codes=(0, 1)):
    answer = json.loads(run(words, codes))
    errors = errors_of(schema, answer)
    expect(not errors, f"{' '.join(words)} against {schema}.json: " +
           "; ".join(f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in errors[:3]))
    return answer


def check_every_json(folder):
    for mode in ("fast", "debug", "page"):
        with Subject(mode, "lost") as subject:
            here = subject.source
            saved, page = os.path.join(folder, mode + ".arn"), os.path.join(folder, "map.html")
            for command in ("audit", "stat", "sites", "leaks"):
                check_json(command, [command, "--format", "json"] + here)
            check_json("leaks", ["leaks", "--format", "json", "--kinds", "K1,K2,K3,K4"] + here)
            check_json("blocks", ["blocks", "--format", "json", "--limit", "0"] + here)
            check_json("export", ["export", "--json"] + here)
            for command in ("whatis", "refs", "path"):
                check_json(command, [command, "--format", "json", subject.at] + here)
            check_json("whatis", ["whatis", "--format", "json", "10"] + here)
            check_json("snapshot", ["snapshot", "--format", "json", "-o", saved] + here)
            check_json("map", ["map", "--format", "json", "-o", page] + here)
            check_json("diff", ["diff", "--format", "json", "--fail-on", "live > 1", saved, here[1]])
    with Subject("debug", "steps", "a100o100") as subject:
        answer = check_json("audit", ["audit", "--format", "json"] + subject.source)
        expect(answer["findings"] == 1 and "allocated" in answer["heaps"][0]["findings"][0], "a finding with its stack")
    check_json("explain", ["explain", "--format", "json"])
    for geometry in ("production", "classic", "tiny"):
        check_json("classes", ["classes", "--format", "json", "--geometry", geometry])


def check_the_check(folder):
    """A schema that takes everything would be none."""
    with Subject("fast", "lost") as subject:
        answer = json.loads(run(["leaks", "--format", "json"] + subject.source))
    for change in (lambda a: a.pop("lost"), lambda a: a.update(more=1), lambda a: a.update(exit=3),
                   lambda a: a["groups"][0].update(example=12), lambda a: a["groups"][0].update(kind="K9")):
        changed = json.loads(json.dumps(answer))
        change(changed)
        expect(errors_of("leaks", changed), "a wrong answer of leaks passes its schema")
    with Subject("debug", "lost") as subject:
        answer = json.loads(run(["stat", "--format", "json"] + subject.source))
    for change in (lambda h: h.pop("free_bytes"), lambda h: h.update(live_bytes=-1), lambda h: h["pools"].update(more=1),
                   lambda h: h["classes"][0].pop("held"), lambda h: h["families"].pop("pmr"), lambda h: h.update(geometry="huge")):
        changed = json.loads(json.dumps(answer))
        change(changed["heaps"][0])
        expect(errors_of("stat", changed), "a wrong answer of stat passes its schema")


# What SARIF 2.1.0 requires of the parts that are used (sections 3.13 to 3.58 of the standard).
LEVELS = {"none", "note", "warning", "error"}


def message_errors(message):
    return [] if isinstance(message.get("text"), str) and message["text"] else ["a message without text"]


def location_errors(location):
    found = []
    physical = location.get("physicalLocation", {})
    artifact = physical.get("artifactLocation", {})
    if not re.fullmatch(r"([a-z]+:)?[!-~]+", artifact.get("uri", "")):
        found.append(f"a place without a URI reference: {artifact}")
    if physical.get("region", {}).get("startLine", 0) < 1:
        found.append("a region that begins before line 1")
    if physical.get("address", {}).get("absoluteAddress", 0) < 0:
        found.append("an address below 0")
    return found


def sarif_errors(log):
    found = [] if log.get("version") == "2.1.0" else ["not version 2.1.0"]
    if not log.get("$schema", "").endswith("sarif-2.1.0.json") or not isinstance(log.get("runs"), list):
        found.append("no $schema, or no runs")
    for one in log["runs"]:
        driver = one["tool"]["driver"]
        rules = driver.get("rules", [])
        ids = [rule["id"] for rule in rules]
        if not driver.get("name") or len(set(ids)) != len(ids):
            found.append("a driver without a name, or a rule twice")
        for rule in rules:
            found += message_errors(rule["shortDescription"]) + message_errors(rule["fullDescription"])
            if rule["defaultConfiguration"]["level"] not in LEVELS:
                found.append("a level there is not")
        for invocation in one["invocations"]:
            if not isinstance(invocation.get("executionSuccessful"), bool):
                found.append("an invocation that does not say whether it succeeded")
        for result in one["results"]:
            found += message_errors(result["message"])
            if ids[result["ruleIndex"]] != result["ruleId"] or result["level"] not in LEVELS:
                found.append("a result of another rule than it says")
            for place in result["locations"]:
                found += location_errors(place)
            for stack in result.get("stacks", []):
                for frame in stack["frames"]:
                    found += location_errors(frame["location"])
            if not all(isinstance(v, str) for v in result.get("partialFingerprints", {}).values()):
                found.append("a fingerprint that is no text")
    return found


def oasis_errors(log):
    path = os.environ.get("ARENITE_SARIF_SCHEMA")
    if path is None:
        return []
    with open(path, encoding="utf-8") as file:
        return [error.message[:200] for error in jsonschema.Draft4Validator(json.load(file)).iter_errors(log)]


def check_sarif():
    with Subject("debug", "lost") as subject:
        leaks = json.loads(run(["leaks", "--format", "sarif"] + subject.source))
    with Subject("debug", "steps", "a100o100") as subject:
        audit = json.loads(run(["audit", "--format", "sarif"] + subject.source))
    for log in (leaks, audit):
        expect(log["runs"][0]["results"], "SARIF without a result")
        expect(not sarif_errors(log), f"SARIF: {sarif_errors(log)}")
        expect(not oasis_errors(log), f"SARIF against OASIS's schema: {oasis_errors(log)}")
    leaks["runs"][0]["results"][0]["ruleId"] = "K9"
    expect(sarif_errors(leaks), "a wrong SARIF log passes")


def varint(data, at):
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
        shift += 7


def fields(data):
    """Of a protobuf message: (number, value) each."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
            assert len(value) == size
        else:
            raise ValueError(f"wire type {key & 7}")
        yield key >> 3, value


def packed(value):
    if isinstance(value, int):
        return [value]
    numbers, at = [], 0
    while at < len(value):
        number, at = varint(value, at)
        numbers.append(number)
    return numbers


def check_pprof(folder):
    path = os.path.join(folder, "heap.pb.gz")
    with Subject("debug", "lost") as subject:
        run(["export", "--pprof", "-o", path] + subject.source)
        sites = json.loads(run(["export", "--json"] + subject.source))["sites"]
        folded = run(["export", "--folded"] + subject.source)
        prometheus = run(["export", "--prometheus"] + subject.source)
    with open(path, "rb") as file:
        profile = list(fields(gzip.decompress(file.read())))
    texts = [value.decode() for number, value in profile if number == 6]
    expect(texts[0] == "", "the first text of a profile is empty")
    kinds = [[texts[v] for _, v in fields(value)] for number, value in profile if number == 1]
    expect(kinds == [["inuse_objects", "count"], ["inuse_space", "bytes"]], f"sample types: {kinds}")
    functions = {dict(fields(value))[1]: dict(fields(value)) for number, value in profile if number == 5}
    places = {}
    for number, value in profile:
        if number == 4:
            one = list(fields(value))
            places[dict(one)[1]] = [dict(fields(line))[1] for number, line in one if number == 4]
    expect(all(f in functions for lines in places.values() for f in lines), "a place of a function there is not")
    expect(all(texts[f[2]] for f in functions.values()), "a function without a name")
    blocks = size = 0
    for number, value in profile:
        if number != 2:
            continue
        sample = list(fields(value))
        stack = [p for number, v in sample if number == 1 for p in packed(v)]
        values = [p for number, v in sample if number == 2 for p in packed(v)]
        expect(stack and all(p in places for p in stack) and len(values) == 2, "a sample of places there are not")
        blocks, size = blocks + values[0], size + values[1]
    expect(blocks == sum(site["blocks"] for site in sites), "blocks of the profile are those of the sites")
    expect(size == sum(site["requested_bytes"] for site in sites), "bytes of the profile are those of the sites")
    check_folded(folded, size)
    if shutil.which("go"):
        done = subprocess.run(["go", "tool", "pprof", "-top", "-sample_index=inuse_space", path], capture_output=True,
                              text=True, env={**os.environ, "PPROF_TMPDIR": folder, "GOFLAGS": "-mod=mod",
                                              "GOPROXY": "off", "HOME": folder})
        expect(done.returncode == 0 and "Type: inuse_space" in done.stdout and "main" in done.stdout,
               f"go tool pprof: {done.stdout}{done.stderr}")
    else:
        print("skipped: go tool pprof, no go here")
    if shutil.which("promtool"):
        done = subprocess.run(["promtool", "check", "metrics"], input=prometheus, capture_output=True, text=True)
        expect(done.returncode == 0, f"promtool: {done.stdout}{done.stderr}")
    else:
        print("skipped: promtool, not here")


def check_folded(folded, size):
    """As flame graphs and speedscope read it: frames by semicolons, a space, a number."""
    total = 0
    for line in folded.splitlines():
        stack, number = re.fullmatch(r"(.+) (\d+)", line).groups()
        expect(all(stack.split(";")), f"an empty frame: {line}")
        total += int(number)
    expect(total == size, "folded stacks add up to the profile")


def main():
    with tempfile.TemporaryDirectory(prefix="arenite-formats-") as folder:
        check_every_json(folder)
        check_the_check(folder)
        check_sarif()
        check_pprof(folder)
    print(f"{checked} checks, {len(wrong)} not as they should be")
    sys.exit(1 if wrong else 0)


main()
