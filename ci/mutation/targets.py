# SPDX-License-Identifier: MIT
"""Which test programs are made of which components, as the build itself knows it, through CMake's file API. Nothing to
be kept by hand."""
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
        done = subprocess.run(["ninja", "-j2", "-C", str(self.folder), *names], capture_output=True, text=True, timeout=timeout, check=False)
        return done.returncode == 0, done.stdout

    def tests(self, *more):
        """Name of each GoogleTest program, with its path; of those too whose names end in one of `more`."""
        found = {}
        for target in self.targets.values():
            if target["type"] == "EXECUTABLE" and target["name"].endswith(("test", "properties", *more)):
                found[target["name"]] = self.folder / target["artifacts"][0]["path"]
        return found

    def targets_of(self, file):
        """Names of the targets that list a file, relative to the root, as theirs; or are made of others of its folder."""
        folder = file.rpartition("/")[0]
        listed = {t["name"]: [s["path"] for s in t.get("sources", [])] for t in self.targets.values() if t["type"] != "UTILITY"}
        return ({name for name, paths in listed.items() if file in paths}
                or {name for name, paths in listed.items() if any(p.rpartition("/")[0] == folder for p in paths)})

    def products_of(self, test):
        """The programs and shared libraries that are built for a test, itself included."""
        made = [self.targets[self.by_name[name]] for name in self.needed_by(test)]
        return sorted(self.folder / artifact["path"] for target in made
                      if target["type"] in ("EXECUTABLE", "SHARED_LIBRARY", "MODULE_LIBRARY") for artifact in target["artifacts"])

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
