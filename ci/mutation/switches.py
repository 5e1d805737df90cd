# SPDX-License-Identifier: MIT
"""Writes all mutants of a file into it at once, each with a number by which a run chooses it: built once, tried many times.
What stands at a place is told by operators.py; what the calls mean by mutant.hpp. No line moves, so that a compiler's
complaint names the mutants that cannot stand there. Memory orders are left as they are: ci/orders weakens those."""
import re

from mutation import operators

TYPES = {"<": "Less", "<=": "AtMost", ">": "More", ">=": "AtLeast", "==": "Same", "!=": "Other", "+": "Plus", "-": "Minus", "*": "Times",
         "/": "Over", "%": "Rest", "<<": "ShiftUp", ">>": "ShiftDown", "|": "Either", "&": "Both",
         "+=": "Adding", "-=": "Taking", "|=": "Setting", "&=": "Masking"}
CLOSING = {"(": ")", "[": "]", "{": "}"}
OPENING = {close: open for open, close in CLOSING.items()}
WORD = re.compile(r"\w+")


class Unswitchable(Exception):
    """A place this cannot write a switch for."""


class Text:
    """A file's text with comments and literals blanked, where brackets and operands can be found."""

    def __init__(self, shown):
        self.shown = shown
        self.starts = [0]
        for line in shown.split("\n"):
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.partner = {}
        waiting = []
        for at, char in enumerate(shown):
            if char in CLOSING:
                waiting.append(at)
            elif char in OPENING and waiting and shown[waiting[-1]] == OPENING[char]:
                self.partner[at] = waiting[-1]
                self.partner[waiting.pop()] = at

    def offset(self, mutant):
        return self.starts[mutant.line - 1] + mutant.column

    def _partner_of(self, at):
        if at not in self.partner:
            raise Unswitchable
        return self.partner[at]

    def _ends_operand(self, at, tighter_too):
        """Whether at `at` stands what no operand of && or || contains outside brackets."""
        two, char = self.shown[at : at + 2], self.shown[at]
        if char in ",;?{}":
            return True
        if char == ":":
            return two != "::" and self.shown[at - 1 : at + 1] != "::"
        if two == "||" or (two == "&&" and tighter_too):
            return True
        return char == "=" and two != "==" and self.shown[at - 1] not in "=<>!"

    def left_operand(self, at, tighter):
        """Where the operand begins that ends before the operator at `at`. An && to the left belongs to it; so does an ||
        to the left of another."""
        begin = at
        while begin > 0:
            char = self.shown[begin - 1]
            if char in OPENING:
                begin = self._partner_of(begin - 1)
                continue
            if char in CLOSING:
                break
            two = self.shown[begin - 2 : begin]
            if two == "&&" or (two == "||" and not tighter):
                begin -= 2
                continue
            if two == "||" or self._ends_operand(begin - 1, False):
                break
            begin -= 1
        found = re.match(r"\s*(?:return\b\s*)?", self.shown[begin:at])
        return begin + found.end()

    def right_operand(self, at, tighter):
        """Where the operand ends that begins at `at`."""
        end = at
        while end < len(self.shown):
            char = self.shown[end]
            if char in CLOSING:
                end = self._partner_of(end) + 1
                continue
            if char in OPENING or self._ends_operand(end, tighter):
                break
            end += 1
        return at + len(self.shown[at:end].rstrip())

    def begins_statement(self, at):
        """Not where an expression that began on a line before goes on."""
        before = self.shown[:at].rstrip()
        return before[-1:] in ";{}):" or bool(re.search(r"\b(?:else|do)$", before[-8:]))

    def counter_after(self, at):
        """Where the name ends that begins at `at`: members, calls and indices belong to it."""
        end = at
        while True:
            found = WORD.match(self.shown, end)
            if not found:
                raise Unswitchable
            end = found.end()
            while self.shown[end : end + 1] in ("(", "["):
                end = self._partner_of(end) + 1
            if self.shown[end : end + 1] == ".":
                end += 1
            elif self.shown[end : end + 2] in ("->", "::"):
                end += 2
            else:
                return end

    def counter_before(self, at):
        begin = at
        while begin > 0:
            char = self.shown[begin - 1]
            if char in ")]":
                begin = self._partner_of(begin - 1)
            elif char == "." or char.isalnum() or char == "_":
                begin -= 1
            elif self.shown[begin - 2 : begin] in ("->", "::"):
                begin -= 2
            else:
                return begin
        raise Unswitchable


class Edits:
    """What is written before and behind spans, and in the place of operators. Who wrote it is kept with it."""

    def __init__(self):
        self.spans, self.tokens = [], {}

    def around(self, begin, end, before, behind, who, split=False):
        """With `split`, an operator inside is replaced as well: then the span lies inside others of the same extent."""
        self.spans.append((begin, end, split, len(self.spans), before, behind, who))

    def replace(self, begin, end, text, who):
        self.tokens[begin] = (end, text, who)

    def fits(self, other):
        """Whether what `other` writes lies beside, inside or around all that is here."""
        for begin, end, *_ in other.spans:
            if any(b < begin < e < end or begin < b < end < e for b, e, *_ in self.spans):
                return False
            if any(b < place < e for b, (e, *_) in self.tokens.items() for place in (begin, end)):
                return False
        for begin, (end, *_) in other.tokens.items():
            if any(b < end and begin < e for b, (e, *_) in self.tokens.items()):
                return False
            if any(begin < place < end for b, e, *_ in self.spans for place in (b, e)):
                return False
        return True

    def add(self, other):
        self.spans += [(b, e, split, len(self.spans) + i, *rest) for i, (b, e, split, _, *rest) in enumerate(other.spans)]
        self.tokens.update(other.tokens)

    def apply(self, text):
        """The text with everything in it, lines where they were; and [(begin, end, who)] of what was written."""
        opens, closes = {}, {}
        for begin, end, split, index, before, behind, who in self.spans:
            opens.setdefault(begin, []).append(((-end, split, index), before, who))
            closes.setdefault(end, []).append(((-begin, not split, -index), behind, who))
        out, pieces, length, at = [], [], 0, 0

        def write(part, who=None):
            nonlocal length
            out.append(part)
            if who is not None:
                pieces.append((length, length + len(part), who))
            length += len(part)

        for place in sorted(set(opens) | set(closes) | set(self.tokens)):
            write(text[at:place])
            for _, part, who in sorted(closes.get(place, []), key=lambda each: each[0]):
                write(part, who)
            for _, part, who in sorted(opens.get(place, []), key=lambda each: each[0]):
                write(part, who)
            at = place
            if place in self.tokens:
                at, part, who = self.tokens[place]
                write(part, who)
        write(text[at:])
        return "".join(out), pieces


def _add(edits, text, group, first):
    """Writes the switches of mutants that share a place and an operator; `first` is the number of the first of them."""
    mutant, at = group[0], text.offset(group[0])
    end = at + len(mutant.before)
    on, who = f"::mutant::on({first})", tuple(group)
    if mutant.operator in ("relational", "arithmetic", "assigning"):
        edits.replace(at, end, f"{mutant.before} ::mutant::{TYPES[mutant.before]}{{{first}}} {mutant.before}", who)
    elif mutant.operator == "logical":
        tighter = mutant.before == "&&"
        left, right = text.left_operand(at, tighter), text.right_operand(end + 1, tighter)
        if tighter:
            edits.around(left, right, "((static_cast<bool>(", f") : {on})", who, split=True)
            edits.replace(at, end, f") != {on}) ? static_cast<bool>(", who)
        else:
            edits.around(left, right, "((static_cast<bool>(", "))", who, split=True)
            edits.replace(at, end, f") != {on}) ? !{on} : static_cast<bool>(", who)
    elif mutant.operator == "condition":
        edits.around(at, end, f"{on} != static_cast<bool>(", ")", who)
    elif mutant.operator == "constant":
        suffix = re.match(r"[uUlL]*", text.shown[end:]).group()
        others = ", ".join(m.after + suffix for m in group)
        edits.replace(at, end + len(suffix), f"::mutant::literal({first}, {mutant.before}{suffix}, {others})", who)
    elif mutant.operator == "step":
        name = {"++": "up", "--": "down"}[mutant.before]
        if WORD.match(text.shown, end):
            stop = text.counter_after(end)
            edits.around(end, stop, "", ")", who)
            edits.replace(at, end, f"::mutant::{name}({first}, ", who)
        else:
            edits.around(text.counter_before(at), at, f"::mutant::{name}_after({first}, ", "", who)
            edits.replace(at, end, ")", who)
    elif mutant.operator == "return":
        begin = text.shown.rindex("return", 0, at)
        edits.around(begin, end + 1, f"{{ if ({on}) return {mutant.after}; ", " }", who)
    elif mutant.operator == "deletion":
        if not text.begins_statement(at):
            raise Unswitchable
        edits.around(at, end, f"{{ if (!{on}) {{ ", " } }", who)
    else:
        raise Unswitchable


def switched(text, mutants, number):
    """The text with all switches in it, what was written where, and the mutants that got none. `number` tells a mutant's number;
    those of the same place and operator follow each other."""
    shown = Text(operators.blank(text))
    edits, left_out, groups = Edits(), [], {}
    for mutant in mutants:
        groups.setdefault((mutant.line, mutant.column, mutant.operator), []).append(mutant)
    for group in groups.values():
        trial = Edits()
        try:
            _add(trial, shown, group, number(group[0]))
        except Unswitchable:
            left_out += group
            continue
        if edits.fits(trial):
            edits.add(trial)
        else:
            left_out += group
    return *edits.apply(text), left_out
