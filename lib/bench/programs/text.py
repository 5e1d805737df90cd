# SPDX-License-Identifier: MIT
"""Text and documents in Python: JSON written and read, regular expressions, splitting, joining, counting.

Run with PYTHONMALLOC=malloc, so that every object comes from the allocator under test.
"""
import collections
import json
import re
import sys

WORDS = "sand stone arena pool block span heap quartz feldspar grain bed layer cement drift dune shore".split()


def document(size):
    return [
        {
            "id": i,
            "title": " ".join(WORDS[(i * k + k) % len(WORDS)] for k in range(1, 6)),
            "tags": [WORDS[(i + k * k) % len(WORDS)] for k in range(4)],
            "values": {WORDS[k]: i * k / 7 for k in range(6)},
        }
        for i in range(size)
    ]


def main(rounds):
    pattern = re.compile(r"(\w+) (pool|block|span) (\w+)")
    found = 0
    for number in range(rounds):
        original = document(4000)
        text = json.dumps(original)
        again = json.loads(text)
        assert again == original
        found += len(pattern.findall(text))
        counts = collections.Counter(text.replace('"', " ").replace(",", " ").split())
        lines = "\n".join(f"{word}\t{count}" for word, count in counts.most_common())
        assert len(lines.splitlines()) == len(counts)
    print(f"found={found}")


main(int(sys.argv[1]) if len(sys.argv) > 1 else 4)
