# SPDX-License-Identifier: MIT
"""Calls one function of `planted` from inside two of its own: calls_planted.py FOLDER FUNCTION."""
import gc
import sys

sys.path.insert(0, sys.argv[1])
import planted


class Caller:
    def call(self, name):
        return getattr(planted, name)()


def outer(name):
    result = Caller().call(name)
    del result
    gc.collect()


outer(sys.argv[2])
print("went on")
