# SPDX-License-Identifier: MIT
"""Writes a git history as a fast-import stream on standard output, the same on every machine.

usage: history.py [commits=400] | git fast-import --quiet
"""
import random
import sys

WORDS = "sand stone arena pool block span heap quartz feldspar grain bed layer cement drift dune shore".split()


def line(chance):
    return " ".join(chance.choice(WORDS) for _ in range(chance.randint(3, 12))) + "\n"


def changed(lines, chance):
    lines = list(lines)
    for _ in range(chance.randint(1, 12)):
        at = chance.randrange(len(lines))
        lines[at : at + chance.randint(0, 3)] = [line(chance) for _ in range(chance.randint(1, 4))]
    return lines


def blob(path, lines):
    text = "".join(lines).encode()
    return b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(text), text)


def main(commits):
    chance = random.Random(4711)
    out = sys.stdout.buffer
    files = {}
    for number in range(1, commits + 1):
        path = f"layer{chance.randrange(12)}/file{chance.randrange(40)}.txt"
        touched = {path} | ({chance.choice(sorted(files))} if files else set())
        message = f"Change {number}: {line(chance)}".encode()
        out.write(b"commit refs/heads/main\nmark :%d\n" % number)
        out.write(b"committer A Geologist <a@example.org> %d +0000\n" % (1_700_000_000 + number * 3600))
        out.write(b"data %d\n%s\n" % (len(message), message))
        for name in sorted(touched):
            files[name] = changed(files.get(name) or [line(chance) for _ in range(200)], chance)
            out.write(blob(name, files[name]))
        out.write(b"\n")


main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
