/* SPDX-License-Identifier: MIT
 * Prints what debug/python/layouts.hpp should say of the interpreter whose headers it was compiled
 * with. Needs nothing of it but those. */
#define Py_BUILD_CORE 1
#include <Python.h>
/* Behind the one that has to come first. */
#include <stddef.h>
#include <stdio.h>

#include <internal/pycore_frame.h>

typedef struct _PyInterpreterFrame Frame;

#if PY_VERSION_HEX >= 0x030d0000
enum { kThread = offsetof(PyThreadState, current_frame), kFrameIn = 0xffff };
enum { kCode = offsetof(Frame, f_executable), kInstruction = offsetof(Frame, instr_ptr) };
#else
enum { kThread = offsetof(PyThreadState, cframe), kFrameIn = offsetof(_PyCFrame, current_frame) };
enum { kCode = offsetof(Frame, f_code), kInstruction = offsetof(Frame, prev_instr) };
#endif

int main(void) {
  printf("%d %d %d %d %zu %d %zu %zu %zu %zu %zu %zu type %zu\n", PY_MINOR_VERSION, kThread,
         kFrameIn, kCode, offsetof(Frame, previous), kInstruction, offsetof(Frame, owner),
         offsetof(PyCodeObject, co_firstlineno), offsetof(PyCodeObject, co_filename),
         offsetof(PyCodeObject, co_qualname), offsetof(PyCodeObject, _co_firsttraceable),
         offsetof(PyCodeObject, co_code_adaptive), offsetof(PyObject, ob_type));
  return 0;
}
