/* SPDX-License-Identifier: MIT
 * Embeds CPython, linked to Arenite and to libpython: `embeds domains` or `embeds arenas`, and
 * twice over: an interpreter that ends and one that begins again. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdio.h>
#include <string.h>

#include <arenite/python.h>

static const char* word(const char* reason) {
  return reason == NULL ? "done" : reason;
}

static int owns_new_list(void) {
  PyObject* list = PyList_New(3);
  const int owned = arn_owns(list);
  Py_XDECREF(list);
  return owned;
}

int main(int count, char** words) {
  const int arenas = count == 2 && strcmp(words[1], "arenas") == 0;
  const char* reason = arenas ? arn_python_install_arenas() : arn_python_install();
  printf("before: %s; serves %s; ", word(reason), arn_python_serves());
  for (int life = 0; life < 2; ++life) {
    Py_InitializeEx(0);
    if (PyRun_SimpleString("import json\nassert json.loads(json.dumps(list(range(5000))))") != 0)
      return 1;
    if (life == 0 && arenas)
      printf("a list is in an arena of Arenite: %d; after: ", owns_new_list());
    else if (life == 0)
      printf("a list is a block of Arenite: %d; after: ", owns_new_list());
    if (Py_FinalizeEx() != 0) return 1;
  }
  printf("%s\n", arn_audit(-1) == 0 ? "none" : "findings");
  return 0;
}
