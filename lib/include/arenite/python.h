/* SPDX-License-Identifier: MIT
 * CPython's memory from Arenite, for programs that embed an interpreter or extend one. A preloaded
 * library needs none of this: it serves the interpreter from the first block on. The same holds for
 * a program that is linked to both the library and libpython.
 *
 * Each function returns null when it did what it says, or else why it did not: a literal, one
 * sentence, and nothing has changed. All need the interpreter lock once the interpreter is
 * initialised, and no other thread before. CPython 3.7 and later; builds without the interpreter
 * lock ("free-threaded") are refused, as they need an allocator of their own. PYTHONMALLOC and
 * `-X dev`, which CPython reads when it is initialised, win over what was installed before. */
#ifndef ARENITE_PYTHON_H
#define ARENITE_PYTHON_H

#include <arenite/arenite.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Serves the three domains, raw, mem and obj, from the process heap. Best called before
 * Py_Initialize: then every block of the interpreter is Arenite's. Later, blocks that are older go
 * back where they came from. Refused later where hooks are installed that Arenite does not know
 * (tracemalloc, CPython's debug hooks, a profiler), and in debug and page mode. */
ARN_API const char* arn_python_install(void);

/* Serves the arenas of CPython's own small-object allocator from the process heap, and nothing
 * else. Only before Py_Initialize. Undoes what `arn_python_install` did. */
ARN_API const char* arn_python_install_arenas(void);

/* Which of the two is in force: "domains", "arenas" or "none". */
ARN_API const char* arn_python_serves(void);

#ifdef __cplusplus
}
#endif

#endif
