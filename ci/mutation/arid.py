# SPDX-License-Identifier: MIT
"""Changes that cannot matter, by construction: nothing a test may ask for depends on what they change. operators.py leaves them
out. A rule here holds for any code of its form, else it does not stand here: one mutant too many costs a trial, one too few
hides a test that is missing. Not here, because text does not decide it: the size of a Text (what is longer is cut there), a
first value that is overwritten, a pause, what asks again after EINTR (errno may say so from before), fflush."""
import re

# The room a container asks for ahead: its contents are the same without it, or with some more or less.
RESERVE = re.compile(r"^\s+(\w+)\.reserve\(([^,;]*)\);$")
PLAIN_SUM = re.compile(r"^(?:\w+\.size\(\)|std::size_t\{\w+\}|\w+|[ ()+*/])+$")
GROWTH = re.compile(r"\.(?:push_back|emplace_back)\(| \+= ")
READING = re.compile(r"\.(?:begin|end|data|size|front|back)\(|\[")
# Room that is written to by index alone, or by the C library, which is given a pointer: not read by its size.
ARRAY = re.compile(r"^\s+(?:(?:unsigned )?char|int|unsigned|std::byte|std::size_t|std::u?int\d+_t|Address) (\w+)\[(\d+)\];$")
# The processor fetches a line ahead, or waits a moment. What is fetched is computed without a call, or the call stays.
HINT = re.compile(r"^\s+(?:__builtin_ia32_pause\(\)|__builtin_prefetch\((?:reinterpret_cast<const void\*>)?\(?[\w.\[\]]+(?: [-+] \d+)?\)?(?:, 1)?\));$")
ENUM = re.compile(r"\benum class (\w+)(?: : [\w:]+)? \{\s*(\w+)\s*(?:= (\w+))?")
BRANCH = re.compile(r"^(?:\} )?(?:if|else|for|while|do|switch|case|default|try|catch)\b|^\{$")


def zeroes_of(shown):
    """Of the enums in these texts the names of what {} is: the first, unless it has another number. None of two of a name."""
    first = {}
    for text in shown:
        for name, enumerator, value in ENUM.findall(text):
            first.setdefault(name, set()).add(enumerator if value in ("", "0") else None)
    return {f"{name}::{each}" for name, named in first.items() if len(named) == 1 for each in named if each}


class Places:
    """A file's lines with comments and literals blanked, and `zeroes` as zeroes_of tells them."""

    def __init__(self, lines, zeroes):
        self.lines, self.zeroes = lines, zeroes

    def are_arid(self, mutant):
        line = self.lines[mutant.line - 1]
        return self._of_reserve(mutant, line) or self._of_array(mutant, line) or self._of_hint(mutant, line) or self._of_zero(mutant)

    def _block_from(self, number):
        """The lines behind that one, to the end of its block."""
        indent = _indent(self.lines[number - 1])
        for line in self.lines[number:]:
            if line.strip() and _indent(line) < indent:
                return
            yield line

    def _of_reserve(self, mutant, line):
        """Of a vector or string of this block, of which nobody can hold a part while it grows: it is filled first, and then read."""
        found = RESERVE.match(line)
        if not found or mutant.operator not in ("deletion", "constant") or not PLAIN_SUM.match(found.group(2)):
            return False
        name, indent = found.group(1), _indent(line)
        declared = re.compile(rf"^ {{{indent}}}std::(?:vector<.*>|string) {name}(?:\(\w+\))?;$")
        if not any(declared.match(each) for each in self.lines[max(mutant.line - 4, 0) : mutant.line - 1]):
            return False
        filled = False
        for each in self._block_from(mutant.line):
            for mention in re.finditer(rf"\b{name}\b", each):
                before, behind = each[: mention.start()], each[mention.end() :]
                if not filled and re.search(r"^\s+$|\) $", before) and GROWTH.match(behind):
                    continue
                filled = True
                if _indent(each) != indent or not (READING.match(behind) or before.endswith(("return ", "std::move("))):
                    return False
        return True

    def _of_array(self, mutant, line):
        """One more element than is had, of a function's own: what has the name outside of a struct is something else."""
        found = ARRAY.match(line)
        if not found or mutant.operator != "constant" or mutant.column != found.start(2) or int(mutant.after) < int(mutant.before):
            return False
        name = found.group(1)
        opener = next((each for each in reversed(self.lines[: mutant.line - 1]) if each.strip() and _indent(each) < _indent(line)), "")
        decays = re.compile(rf"(?<![\w>)])::\w+\({name}, |\b{name}\[")
        mentions = (decays.sub("", each) for each in self._block_from(mutant.line))
        return not re.search(r"\b(?:struct|class|union)\b", opener) and not any(re.search(rf"\b{name}\b", each) for each in mentions)

    def _of_hint(self, mutant, line):
        return mutant.operator == "deletion" and bool(HINT.match(line))

    def _of_zero(self, mutant):
        """{} for the value that {} is, from a function that returns just that type: of an optional, {} is none."""
        found = re.match(r"^(?:\w+::)*(\w+)::(\w+)$", mutant.before)
        if mutant.operator != "return" or not found or "::".join(found.groups()) not in self.zeroes:
            return False
        return bool(re.match(rf"^(?:template <.*> )?(?:(?:static|inline|constexpr|virtual|\[\[nodiscard\]\]) )*(?:\w+::)*{found.group(1)} (?:\w+::)*\w+\(",
                             self._function_around(mutant.line)))

    def _function_around(self, number):
        """The head of the innermost function around that line, in one line; a lambda's line has its own text first."""
        at, indent = number - 1, _indent(self.lines[number - 1])
        while at > 0:
            at -= 1
            line = self.lines[at]
            if not line.strip() or _indent(line) >= indent:
                continue
            indent = _indent(line)
            if line.rstrip().endswith("{") and not BRANCH.match(line.strip()):
                return self._head_ending(at)
        return ""

    def _head_ending(self, at):
        begin = at
        while begin > 0 and self.lines[begin - 1].strip() and not re.search(r"[;{}:]$", self.lines[begin - 1].rstrip()):
            begin -= 1
        return " ".join(line.strip() for line in self.lines[begin : at + 1])


def _indent(line):
    return len(line) - len(line.lstrip())


SAMPLE = """enum class Ending { well, badly };
enum class Numbered { one = 1, two };
Ending end_of(int code) {
  int ends[2];
  int both[2];
  Lock locks[2];
  ::pipe2(ends, code);
  own(both);
  struct Inner {
    int bytes[4];
  };
  std::uint64_t words[3];
  std::memcpy(words, from, sizeof words);
  read(both[0], ends[1]);
  if (code == 0) return Ending::well;
  return Ending::badly;
}
std::optional<Ending> end_if(int code) {
  return Ending::well;
}
Numbered number() {
  const auto end = [&]() -> std::optional<Ending> {
    return Ending::well;
  };
  return Numbered::one;
}
std::vector<int> filled(std::size_t count) {
  std::vector<int> all;
  all.reserve(count + 2);
  for (int each : given) all.push_back(each);
  return all;
}
int held(std::size_t count) {
  std::vector<int> all;
  all.reserve(count + 2);
  int& first = all.emplace_back();
  all.push_back(first);
  return first;
}
std::string under(std::size_t count) {
  std::string all;
  all.reserve(count - 2);
  all += given;
  return all;
}
void of_pages(Pages pages, std::size_t count) {
  pages.reserve(count + 2);
  lock(pages);
}
void ahead(const Line* line) {
  __builtin_prefetch(line, 1);
  __builtin_prefetch(next(), 1);
  __builtin_ia32_pause();
  ::sched_yield();
}
"""
# (line, operator, before, after) of what is left out of the sample.
SAMPLE_ARID = {(4, "constant", "2", "3"), (15, "return", "Ending::well", "{}"),
               (29, "deletion", "all.reserve(count + 2);", ";"), (29, "constant", "2", "3"), (29, "constant", "2", "1"),
               (51, "deletion", "__builtin_prefetch(line, 1);", ";"), (53, "deletion", "__builtin_ia32_pause();", ";")}
