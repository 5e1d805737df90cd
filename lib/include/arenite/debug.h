/* SPDX-License-Identifier: MIT
 * The debug layer, as a program may ask it itself. It is in the library, off until ARENITE_OPTIONS
 * (or the program, see below) chooses a mode; then these answer. In fast mode they find nothing.
 * All may be called from any thread; those that are safe in signal handlers say so. */
#ifndef ARENITE_DEBUG_H
#define ARENITE_DEBUG_H

#include <arenite/arenite.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Defined by the program, not by the library: options for it, before those of the environment,
 * which win. Called once, at the first allocation, perhaps before main; must do nothing but return
 * a literal. The name has to be visible to the library (linked to it, or -rdynamic). */
const char* arenite_default_options(void);

/* The mode that was chosen: "fast", "sample", "debug" or "page". Safe in signal handlers. */
ARN_API const char* arn_mode(void);

/* Checks the guard bytes of all blocks and the poison of all that are in quarantine. Each that is
 * damaged is reported, and ends the process unless on_error says otherwise. Returns how many were.
 * Safe in signal handlers. */
ARN_API size_t arn_check_all(void);

/* The same for the block at an address. 1 if it is intact, or no block is known there; 0 if not. */
ARN_API int arn_check(const void* address);

/* Says in a few lines what is known of an address, any address: the block in it, or the nearest,
 * its size and state, who allocated and freed it. Returns 1 if a block is known, 0 if not, -1 with
 * errno if it could not be written. */
ARN_API int arn_describe(const void* address, int file_descriptor);

/* Looks for blocks that nothing refers to, reports them, and returns how many there are. Stops all
 * other threads meanwhile. 0 where blocks are not kept track of (fast and sample mode). */
ARN_API size_t arn_find_leaks(void);

#ifdef __cplusplus
}
#endif

#endif
