# SPDX-License-Identifier: MIT
"""Which test programs a source file is compiled into, as the build itself knows it: CMake's file API says what links
what, ninja which object was compiled from which files. Nothing to be kept by hand."""
import json
import pathlib
import re
import subprocess


class BuildTree:
    def __init__(self, root, folder):
        self.root, self.folder = pathlib.Path(root), pathlib.Path(folder)

    def configure(self, preset, options):
        query = self.folder / ".cmake/api/v1/query/codemodel-v2"
        query.parent.mkdir(parents=True, exist_ok=True)
        query.touch()
        subprocess.run(["cmake", "--preset", preset, "-B", str(self.folder), *options], cwd=self.root, check=True,
                       capture_output=True, text=True)
        self._read_codemodel()

    def _read_codemodel(self):
        replies = self.folder / ".cmake/api/v1/reply"
        index = json.loads(max(replies.glob("index-*.json")).read_text())
        model = json.loads((replies / index["reply"]["codemodel-v2"]["jsonFile"]).read_text())
        self.targets = {}
        for entry in model["configurations"][0]["targets"]:
            target = json.loads((replies / entry["jsonFile"]).read_text())
            self.targets[target["id"]] = target
        self.by_name = {target["name"]: key for key, target in self.targets.items()}

    def build(self, names, timeout=None):
        """Whether the targets were built; the output if not."""
        done = subprocess.run(["ninja", "-C", str(self.folder), *names], capture_output=True, text=True, timeout=timeout, check=False)
        return done.returncode == 0, done.stdout

    def tests(self):
        """Name of each GoogleTest program, with its path."""
        found = {}
        for target in self.targets.values():
            if target["type"] == "EXECUTABLE" and re.search(r"(_test|^properties)$", target["name"]):
                found[target["name"]] = self.folder / target["artifacts"][0]["path"]
        return found

    def dependents(self):
        """For each file, relative to the root, the names of the targets that compile it. Requires: the tests are built."""
        listing = subprocess.run(["ninja", "-C", str(self.folder), "-t", "deps"], capture_output=True, text=True, check=True).stdout
        uses = {}
        target = None
        for line in listing.splitlines():
            if line and not line[0].isspace():
                found = re.search(r"CMakeFiles/([^/]+)\.dir/", line)
                target = found.group(1) if found else None
            elif line.strip() and target:
                path = pathlib.Path(line.strip())
                path = path if path.is_absolute() else (self.folder / path)
                try:
                    uses.setdefault(str(path.resolve().relative_to(self.root.resolve())), set()).add(target)
                except ValueError:
                    continue
        return uses

    def needed_by(self, test):
        """Names of all targets the test is made of, itself included."""
        seen, waiting = set(), [self.by_name[test]]
        while waiting:
            key = waiting.pop()
            if key in seen:
                continue
            seen.add(key)
            waiting += [d["id"] for d in self.targets[key].get("dependencies", [])]
        return {self.targets[key]["name"] for key in seen}

    def folder_of(self, name):
        return self.targets[self.by_name[name]]["paths"]["source"]
