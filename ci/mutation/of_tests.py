# SPDX-License-Identifier: MIT
"""What of lib and debug belongs to tests: neither changed by ci/mutate nor counted by ci/coverage."""
PARTS = ("_test.", "_fixture", "_bench.", "/fake_", "_fake.", "/faulty_", "/bench/", "/programs/", "/misuse/", "/correct/", "/shapes.")
# Helpers that nothing but tests includes, and whose names do not say so.
HELPERS = ("debug/annotate/recording_annotator.hpp", "debug/cli/core_bytes.hpp", "debug/cli/subject.cpp", "debug/cli/subject.hpp",
           "debug/guard/one_thread.hpp", "debug/report/golden.hpp", "debug/report/scratch_folder.hpp", "lib/base/caught_fatal.hpp")


def belongs(name):
    return name in HELPERS or any(part in name for part in PARTS)


def misnamed(root):
    """Helpers that are not there: their names must follow when a file is moved."""
    return [name for name in HELPERS if not (root / name).is_file()]
