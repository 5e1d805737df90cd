# SPDX-License-Identifier: MIT
# gdb's way to `arenite`: the same commands, on what gdb looks at.
#
#   (gdb) source /path/to/arenite.gdb
#   (gdb) arenite audit
#   (gdb) arenite whatis $rdi
#
# A core file is given to the tool as it is. A process that gdb holds cannot be held by another tool, so its
# core is written first, and removed afterwards. `arenite` is found by ARENITE_CLI, beside this file, or in PATH.
python
import os
import re
import shutil
import subprocess
import tempfile

import gdb


class AreniteCommand(gdb.Command):
    """Look at the heaps of Arenite: arenite COMMAND [ARGUMENT...]

Words that begin with $ or & are evaluated. For the commands see `arenite --help`."""

    def __init__(self):
        super().__init__("arenite", gdb.COMMAND_DATA)

    def invoke(self, line, from_tty):
        words = [self.evaluated(word) for word in gdb.string_to_argv(line)] or ["--help"]
        core = self.core_file()
        if words[0].startswith("-") or core:
            return self.run(words + (["--core", core] if core and not words[0].startswith("-") else []))
        if gdb.selected_inferior().pid == 0:
            raise gdb.GdbError("there is neither a process nor a core file to look at")
        with tempfile.TemporaryDirectory(prefix="arenite-gdb-") as folder:
            path = os.path.join(folder, "core")
            gdb.execute("generate-core-file " + path, to_string=True)
            self.run(words + ["--core", path])

    @staticmethod
    def evaluated(word):
        return hex(int(gdb.parse_and_eval(word)) & (2**64 - 1)) if word[0] in "$&" else word

    @staticmethod
    def core_file():
        found = re.search(r"core dump file:\s*`(.*)', file type", gdb.execute("info files", to_string=True))
        return found.group(1) if found else None

    @staticmethod
    def run(words):
        beside = os.path.join(here, "arenite")
        tool = os.environ.get("ARENITE_CLI") or (beside if os.path.exists(beside) else shutil.which("arenite"))
        if not tool:
            raise gdb.GdbError("there is no arenite: name it in ARENITE_CLI")
        done = subprocess.run([tool] + words, capture_output=True, text=True)
        gdb.write(done.stdout)
        gdb.write(done.stderr, gdb.STDERR)
        gdb.set_convenience_variable("_arenite_exit", done.returncode)


here = os.path.dirname(os.path.abspath(globals().get("__file__") or "."))
AreniteCommand()
end
