# SPDX-License-Identifier: MIT
# A Python program to look at: keeps what one line allocates, and waits.
import sys
import time


def keep(count):
    kept = []
    for i in range(count):
        kept.append(bytearray(1000 + i))
    return kept


def wait(kept):
    print("ready", flush=True)
    time.sleep(600)
    return kept


wait(keep(int(sys.argv[1])))
