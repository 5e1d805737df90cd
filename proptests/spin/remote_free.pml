/* SPDX-License-Identifier: MIT
 * Frees by other threads, with hand-back in batches: bits come back into the bitmap of a pool while its owner takes
 * the last block and leaves it; whoever finds the pool full lists it. After heap/class_pools.hpp: `give_word`, `leave`,
 * `exchange`, `relist`, `close_if_empty`; one step here is one atomic operation there.
 *
 * Holds: no block is in two hands; the pool is in the list exactly if its state says so; at the end no pool with free
 * blocks is full (P7), and one without live blocks is given back.
 *
 * Variants, each of which must be refuted:
 *   LOOK_FIRST     the owner looks at the bitmap before it says full, so that neither side sees the other
 *   NO_RELIST      who gives back does not look at the state
 *   NO_RECHECK     who lists does not look again under the lock
 *   STORE_BITS     bits come back by load and store instead of one addition
 *   CLOSE_UNSEEN   the pool is given back without another look at its bitmap under the lock
 */
#ifndef GIVERS
#define GIVERS 2
#endif
#ifndef BATCH
#define BATCH 2
#endif
#define BLOCKS (GIVERS * BATCH)

mtype = { is_attached, is_full, is_listed, is_free };

mtype state = is_attached;
byte bits = 0;           /* the bitmap: bit i, block i is free */
byte held = 0;           /* blocks in a thread's hands: bit i */
byte in_list = 0;        /* how often the pool is in the class's list */
bool lock = false;       /* the class lock */
byte given_back = 0;     /* how often the pool went back to its arena */
byte running = GIVERS + 1;

#define ALL ((1 << BLOCKS) - 1)
inline acquire() { atomic { !lock -> lock = true } }
inline release() { lock = false }

inline append() { in_list++; state = is_listed }

/* Blocks [first, first + BATCH) go back, in one word. */
inline give(mine) {
  d_step { assert((held & mine) == mine); held = held & ~mine };
#ifdef STORE_BITS
  seen = bits;
  bits = seen | mine;
#else
  d_step { seen = bits; assert((bits & mine) == 0); bits = bits | mine };
#endif
#ifndef NO_RELIST
  if
  :: state == is_full ->
       acquire();
#ifdef NO_RECHECK
       d_step { append() };
#else
       if
       :: state == is_full ->
            if
            :: bits != 0 -> d_step { append() }
            :: else
            fi
       :: else
       fi;
#endif
       release()
  :: else
  fi;
#endif
  if
  :: (seen | mine) == ALL -> close_if_empty()
  :: else
  fi
}

inline close_if_empty() {
  if
  :: bits == ALL ->
       acquire();
       if
#ifdef CLOSE_UNSEEN
       :: state == is_listed ->
#else
       :: state == is_listed && bits == ALL ->
#endif
            d_step { assert(in_list == 1); in_list--; assert(held == 0 && state == is_listed);
                     state = is_free; given_back++ }
       :: else
       fi;
       release()
  :: else
  fi
}

proctype giver(byte first) {
  byte seen;
  byte mine = ((1 << BATCH) - 1) << first;
  give(mine);
  running--
}

/* Attached to the pool, it finds no block, or takes what has come back meanwhile; then it leaves the pool for good. */
proctype owner() {
  byte seen, taken;
  d_step { taken = bits & -bits; held = held | taken };
  bits = bits & ~taken;
  acquire();
#ifdef LOOK_FIRST
  if
  :: bits != 0 -> d_step { append() }
  :: else -> state = is_full
  fi;
#else
  state = is_full;
  if
  :: bits != 0 -> d_step { append() }
  :: else
  fi;
#endif
  release();
  close_if_empty();
  /* Later it frees what it took. */
  if
  :: taken != 0 -> give(taken)
  :: else
  fi;
  running--
}

init {
  byte i = 0;
  atomic {
    held = ALL;
    run owner();
    do
    :: i < GIVERS -> run giver(i * BATCH); i++
    :: else -> break
    od
  };
  running == 0;
  assert(held == 0 && bits == ALL);
  assert(!(state == is_full && bits != 0));
  assert(in_list == (state == is_listed));
  assert(state == is_free && given_back == 1)
}
