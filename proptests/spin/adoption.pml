/* SPDX-License-Identifier: MIT
 * A thread ends while others take its pool over and free its blocks; then another thread takes its thread block. After
 * heap/heap.hpp (`detach`, `hand_back_all`), heap/class_pools.hpp (`leave_for_good`, `exchange`) and thread/registry.hpp (`take`, `give`).
 *
 * Holds: a thread block has one thread at a time, and is empty when it changes hands; the pool has one owner at a time;
 * at the end no block is lost: all free, and the pool given back or in the list.
 *
 * Variants, each of which must be refuted:
 *   GIVE_FIRST    the thread block is given up before what it holds is handed back
 *   NO_LOCK       the table of thread blocks is searched and marked without the lock
 *   KEEP_POOL     the thread ends without leaving the pool it is attached to
 *   BIT_FIRST     a block's bit is set before the block leaves the array
 */
#define BLOCKS 3
#define ALL ((1 << BLOCKS) - 1)
#define NOBODY 9

mtype = { is_attached, is_full, is_listed, is_free };

mtype state = is_attached;
byte owner = 0;            /* the thread block attached to the pool */
byte bits = 0;
byte held = 0;             /* by programs */
byte array[3];             /* blocks in the array of each thread block */
bool attached_to[3];       /* whether the thread block names the pool as its own */
bool used[3];              /* the table: whether a thread block is somebody's */
byte users[3];             /* how many threads work with it: at most one */
bool class_lock = false, thread_lock = false;
byte in_list = 0;
byte given_back = 0;
byte running = 4;

inline take_lock(word) { atomic { !word -> word = true } }
inline drop_lock(word) { word = false }

inline give_bits(mine) {
  d_step { seen = bits; assert((bits & mine) == 0); bits = bits | mine };
  if
  :: state == is_full ->
       take_lock(class_lock);
       if
       :: d_step { state == is_full -> in_list++; state = is_listed }
       :: else
       fi;
       drop_lock(class_lock)
  :: else
  fi;
  if
  :: (seen | mine) == ALL -> close_if_empty()
  :: else
  fi
}

inline close_if_empty() {
  if
  :: bits == ALL ->
       take_lock(class_lock);
       if
       :: d_step { state == is_listed && bits == ALL -> assert(in_list == 1); in_list = 0; state = is_free;
                   assert(held == 0); given_back++ }
       :: else
       fi;
       drop_lock(class_lock)
  :: else
  fi
}

inline leave_pool(me) {
#ifndef KEEP_POOL
  if
  :: attached_to[me] ->
       take_lock(class_lock);
       d_step { assert(owner == me); attached_to[me] = false; owner = NOBODY };
       state = is_full;
       if
       :: bits != 0 -> d_step { in_list++; state = is_listed }
       :: else
       fi;
       drop_lock(class_lock);
       close_if_empty()
  :: else
  fi
#else
  skip
#endif
}

inline hand_back_array(me) {
  d_step { mine = array[me] };
  if
  :: mine != 0 ->
#ifdef BIT_FIRST
       give_bits(mine);
       array[me] = 0
#else
       array[me] = 0;
       give_bits(mine)
#endif
  :: else
  fi
}

inline mark_unused(me) {
  take_lock(thread_lock);
  d_step { users[me]--; used[me] = false };
  drop_lock(thread_lock)
}

inline detach(me) {
#ifdef GIVE_FIRST
  mark_unused(me);
  hand_back_array(me);
  leave_pool(me)
#else
  hand_back_array(me);
  leave_pool(me);
  mark_unused(me)
#endif
}

/* Thread block `me`, which is one that nobody has. */
inline attach(me) {
#ifndef NO_LOCK
  take_lock(thread_lock);
#endif
  me = 0;
  do
  :: me < 3 && used[me] -> me++
  :: else -> break
  od;
  assert(me < 3);
  used[me] = true;
  d_step { users[me]++; assert(users[me] == 1); assert(array[me] == 0 && !attached_to[me]) };
#ifndef NO_LOCK
  drop_lock(thread_lock)
#endif
}

/* Thread block 0 holds block 0 in its array; its thread ends. */
proctype leaver() {
  byte seen, mine;
  detach(0);
  running--
}

/* Another thread frees the blocks its program got from the first. */
proctype freer() {
  byte seen;
  held = held & ~2;
  give_bits(2);
  held = held & ~4;
  give_bits(4);
  running--
}

/* A third begins, attaches to the pool if it is listed, takes a block, frees it, and ends. */
proctype comer() {
  byte seen, mine, me;
  attach(me);
  take_lock(class_lock);
  if
  :: d_step { in_list > 0 -> assert(in_list == 1 && state == is_listed && owner == NOBODY);
              in_list = 0; owner = me; attached_to[me] = true };
     state = is_attached
  :: else
  fi;
  drop_lock(class_lock);
  if
  :: attached_to[me] ->
       d_step { mine = bits & -bits; bits = bits & ~mine };
       array[me] = array[me] | mine
  :: else
  fi;
  detach(me);
  running--
}

/* A fourth begins at the same time, finds nothing to do, and ends. */
proctype passer() {
  byte seen, mine, me;
  attach(me);
  detach(me);
  running--
}

/* No block is in two of bitmap, arrays, programs' hands, at any moment: what an audit, or a forked child, would see. */
#define ARRAYS (array[0] | array[1] | array[2])
#define TWICE ((bits & held) || (held & ARRAYS) || (bits & ARRAYS) || (array[0] & array[1]))

init {
  atomic {
    held = 6;
    array[0] = 1;
    used[0] = true;
    users[0] = 1;
    attached_to[0] = true;
    run leaver();
    run freer();
    run comer();
    run passer()
  };
  running == 0;
  assert(held == 0 && array[0] == 0 && array[1] == 0 && array[2] == 0 && bits == ALL);
  assert(state == is_free && given_back == 1 && in_list == 0)
}

active proctype witness() { end_silent: atomic { TWICE -> assert(false) } }
