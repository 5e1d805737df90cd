/* SPDX-License-Identifier: MIT
 * Arenite's C interface. Everything here works on the process heap, the one that serves malloc when
 * the library is preloaded or linked, unless a heap is named. All functions may be called from any
 * thread; none may be called from a signal handler except arn_owns. */
#ifndef ARENITE_ARENITE_H
#define ARENITE_ARENITE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define ARN_API __attribute__((visibility("default")))
#else
#define ARN_API
#endif

/* Allocation. As the functions of the C library and POSIX without the prefix, to the letter: null
 * and ENOMEM when memory cannot be had, a unique pointer for size 0, alignment 16 at least. */
ARN_API void* arn_malloc(size_t size);
ARN_API void* arn_calloc(size_t count, size_t size);
ARN_API void* arn_realloc(void* block, size_t size);
ARN_API void* arn_aligned_alloc(size_t alignment, size_t size);
ARN_API void arn_free(void* block);
/* Bytes that may be used at `block`, at least what was asked for; 0 for null. */
ARN_API size_t arn_usable_size(const void* block);

/* What arenite::memory_resource is made of, for resources of one's own: in debug and page mode the
 * two only go with each other, and size and alignment have to be those of the allocation. */
ARN_API void* arn_resource_allocate(size_t size, size_t alignment);
ARN_API void arn_resource_deallocate(void* block, size_t size, size_t alignment);

/* 1 if the address, whatever it is, lies in memory that this heap hands out blocks from; 0 if not.
 * Never reads at it. Safe in signal handlers. */
ARN_API int arn_owns(const void* address);

/* Gives pages that no block lies on back to the system, those between blocks too. Returns 1 if any
 * were; of pages between blocks it is not known whether they had gone back before. */
ARN_API int arn_trim(void);

/* Checks every invariant of the heap that is known (`arenite explain`), reading only.
 * Returns the number of findings; writes them, one line each, to the file descriptor unless that is
 * negative. While other threads allocate, what does not persist through a second look is not
 * reported. */
ARN_API size_t arn_audit(int file_descriptor);

enum arn_format { ARN_TEXT, ARN_JSON };
/* Writes what every mapped byte is used for, by class, to the file descriptor. Returns 0, or -1
 * with errno if it could not be written. */
ARN_API int arn_statistics(int file_descriptor, enum arn_format format);

/* What runs when a caller's mistake makes it impossible to go on (a bad free): receives the
 * message, should not return. Null restores the default: message to stderr, abort. Returns the
 * former. */
typedef void (*arn_fatal_handler)(const char* message);
ARN_API arn_fatal_handler arn_set_fatal_handler(arn_fatal_handler handler);

/* Heaps of one's own: separate address ranges, destroyed as a whole with all their blocks. Calls on
 * one heap are serialised by a lock. Blocks go back to the heap they came from. */
typedef struct arn_heap arn_heap;
/* `range_bytes`: address space to reserve, rounded up; 0 for 1 GiB. Null and ENOMEM on failure. */
ARN_API arn_heap* arn_heap_create(size_t range_bytes);
ARN_API void arn_heap_destroy(arn_heap* heap);
ARN_API void* arn_heap_malloc(arn_heap* heap, size_t size);
ARN_API void* arn_heap_aligned_alloc(arn_heap* heap, size_t alignment, size_t size);
ARN_API void* arn_heap_realloc(arn_heap* heap, void* block, size_t size);
ARN_API void arn_heap_free(arn_heap* heap, void* block);
ARN_API int arn_heap_owns(const arn_heap* heap, const void* address);
ARN_API size_t arn_heap_audit(arn_heap* heap, int file_descriptor);

#ifdef __cplusplus
}
#endif

#endif
