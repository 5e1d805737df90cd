// SPDX-License-Identifier: MIT
// dlopen with RTLD_DEEPBIND makes a module prefer the C library's malloc to a preloaded one, so
// that blocks of one allocator reach the other's free: every preloaded allocator dies of it.
// Linking os/deepbind.cpp into the library puts a dlopen before the C library's that leaves the
// flag out and is otherwise not there: it jumps, so the C library sees its true caller (search
// paths of the calling module depend on that).
#pragma once

namespace arenite {

/// The C library's dlopen, looked up once.
void* next_dlopen();

}  // namespace arenite
