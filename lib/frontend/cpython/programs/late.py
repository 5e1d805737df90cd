# SPDX-License-Identifier: MIT
"""An interpreter that was not served from the start: says what installing later comes to."""
import gc
import json
import sys
import tracemalloc

sys.path.insert(0, sys.argv[1])
import arenite


def attempt(function):
    try:
        function()
        print("done; serves", arenite.serves())
    except RuntimeError as refusal:
        print(refusal)


print("serves", arenite.serves())
attempt(arenite.install_arenas)
tracemalloc.start()
attempt(arenite.install)
tracemalloc.stop()
old = [str(number) for number in range(3_000)]
attempt(arenite.install)
attempt(arenite.install)
# Old blocks grow, shrink and go, new ones come, in both kinds of memory.
old.extend(range(100_000))
assert json.loads(json.dumps(old)) == old
kept = [old.pop() for _ in range(102_000)]
del old, kept
gc.collect()
print("a new list is Arenite's:", arenite.owns(id([])), arenite.audit())
