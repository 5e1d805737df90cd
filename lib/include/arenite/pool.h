/* SPDX-License-Identifier: MIT
 * Pools of objects of one size, each given back on its own or all with their pool. Objects are
 * aligned to 16. All functions may be called from any thread; none from a signal handler.
 *
 * In fast mode a pool is a heap of its own (see arn_heap), which costs as much as one to create:
 * pools are for many objects. In debug and page mode each object is a block as malloc's are: with
 * guard bytes or a guard page, poisoned and kept in quarantine when it is freed, also by
 * arn_pool_destroy, in reports and in the leak check. Under Valgrind and in programs compiled with
 * a sanitizer the tool knows each object. */
#ifndef ARENITE_POOL_H
#define ARENITE_POOL_H

#include <arenite/arenite.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct arn_pool arn_pool;

/* Null and ENOMEM on failure. */
ARN_API arn_pool* arn_pool_create(size_t object_bytes);
/* The bytes of an object, undefined; null and ENOMEM when memory cannot be had. */
ARN_API void* arn_pool_allocate(arn_pool* pool);
/* Null is ignored. What is no object of this pool is a mistake that ends the process, after a
 * report; in debug and page mode as on_error says. */
ARN_API void arn_pool_free(arn_pool* pool, void* object);
/* Frees all objects, and the pool; null is ignored. Nobody else may be using it. */
ARN_API void arn_pool_destroy(arn_pool* pool);

#ifdef __cplusplus
}
#endif

#endif
