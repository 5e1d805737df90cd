# SPDX-License-Identifier: MIT
"""Says what Arenite serves of this interpreter, and whether it owns a new object, a shared one, and a large buffer."""
import ctypes

library = ctypes.CDLL(None)
library.arn_python_serves.restype = ctypes.c_char_p
library.arn_owns.argtypes = [ctypes.c_void_p]

objects = [[1.5 * i] for i in range(100)]
owned = sum(library.arn_owns(id(one)) + library.arn_owns(id(one[0])) for one in objects)
print(library.arn_python_serves().decode(), owned, library.arn_owns(id(None)))
