/* SPDX-License-Identifier: MIT
 * A Python extension with planted errors: each function has one, its twin has none. Compiled once
 * for each interpreter, with nothing but its headers. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* A write behind the end of a bytes object's buffer. */
static PyObject* overflow_by(Py_ssize_t bytes) {
  PyObject* made = PyBytes_FromStringAndSize(NULL, 40);
  if (made == NULL) return NULL;
  char* text = PyBytes_AsString(made);
  /* One more for the zero that ends it. */
  for (Py_ssize_t i = 0; i < 40 + 1 + bytes; ++i) ((volatile char*)text)[i] = 'x';
  text[40] = 0;
  return made;
}
static PyObject* overflow(PyObject* self, PyObject* none) {
  (void)self, (void)none;
  return overflow_by(1);
}
static PyObject* overflow_not(PyObject* self, PyObject* none) {
  (void)self, (void)none;
  return overflow_by(0);
}

/* Taken from one domain, given back to another. */
static PyObject* wrong_domain(PyObject* self, PyObject* none) {
  (void)self, (void)none;
  PyObject_Free(PyMem_Malloc(100));
  Py_RETURN_NONE;
}
static PyObject* wrong_domain_not(PyObject* self, PyObject* none) {
  (void)self, (void)none;
  PyMem_Free(PyMem_Realloc(PyMem_Malloc(100), 5000));
  PyObject_Free(PyObject_Realloc(PyObject_Calloc(10, 10), 300));
  PyMem_RawFree(PyMem_RawRealloc(PyMem_RawMalloc(7), 70000));
  Py_RETURN_NONE;
}

/* An object used after its last reference went: the count is written back into what was it. */
static PyObject* use_after_free(PyObject* self, PyObject* none) {
  (void)self, (void)none;
  PyObject* made = PyFloat_FromDouble(1234.5);
  PyObject* list = PyList_New(0);
  if (made == NULL || list == NULL) return NULL;
  /* Not a float: their deallocator keeps some for the next. */
  PyObject* weak = made;
  made = PyUnicode_FromFormat("made at %p", (void*)list);
  Py_DECREF(weak);
  Py_DECREF(list);
  Py_DECREF(made);
  ((volatile Py_ssize_t*)made)[2] = 7;
  Py_RETURN_NONE;
}
static PyObject* use_after_free_not(PyObject* self, PyObject* none) {
  (void)self, (void)none;
  PyObject* made = PyUnicode_FromFormat("made at %p", (void*)self);
  if (made == NULL) return NULL;
  (void)((volatile Py_ssize_t*)made)[2];
  Py_DECREF(made);
  Py_RETURN_NONE;
}

/* A domain that needs the interpreter lock, used without it. */
static PyObject* no_lock(PyObject* self, PyObject* none) {
  (void)self, (void)none;
  void* block;
  Py_BEGIN_ALLOW_THREADS;
  block = PyMem_Malloc(64);
  Py_END_ALLOW_THREADS;
  PyMem_Free(block);
  Py_RETURN_NONE;
}
static PyObject* no_lock_not(PyObject* self, PyObject* none) {
  (void)self, (void)none;
  void* block;
  Py_BEGIN_ALLOW_THREADS;
  block = PyMem_RawMalloc(64);
  PyMem_RawFree(block);
  Py_END_ALLOW_THREADS;
  Py_RETURN_NONE;
}

/* The same of what is given back. */
static PyObject* no_lock_to_free(PyObject* self, PyObject* none) {
  (void)self, (void)none;
  void* block = PyMem_Malloc(64);
  Py_BEGIN_ALLOW_THREADS;
  PyMem_Free(block);
  Py_END_ALLOW_THREADS;
  Py_RETURN_NONE;
}
static PyObject* no_lock_to_free_not(PyObject* self, PyObject* none) {
  (void)self, (void)none;
  PyMem_Free(PyMem_Malloc(64));
  Py_RETURN_NONE;
}

/* What the library knows of a block, which is right. */
int arn_describe(const void* address, int file_descriptor) __attribute__((weak));
static PyObject* describe(PyObject* self, PyObject* none) {
  (void)self, (void)none;
  void* block = PyMem_Malloc(64);
  if (arn_describe != NULL) arn_describe(block, 1);
  PyMem_Free(block);
  Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"overflow", overflow, METH_NOARGS, NULL},
    {"overflow_not", overflow_not, METH_NOARGS, NULL},
    {"wrong_domain", wrong_domain, METH_NOARGS, NULL},
    {"wrong_domain_not", wrong_domain_not, METH_NOARGS, NULL},
    {"use_after_free", use_after_free, METH_NOARGS, NULL},
    {"use_after_free_not", use_after_free_not, METH_NOARGS, NULL},
    {"no_lock", no_lock, METH_NOARGS, NULL},
    {"no_lock_not", no_lock_not, METH_NOARGS, NULL},
    {"no_lock_to_free", no_lock_to_free, METH_NOARGS, NULL},
    {"no_lock_to_free_not", no_lock_to_free_not, METH_NOARGS, NULL},
    {"describe", describe, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};
static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "planted", NULL, -1, functions, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_planted(void) {
  return PyModule_Create(&module);
}
