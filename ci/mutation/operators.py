# SPDX-License-Identifier: MIT
"""What can be changed in a line of C++ so that a test should notice. Works on text: the tree is formatted by clang-format,
so a binary operator has a space on both sides and a template's angle bracket has not."""
import dataclasses
import re

from mutation import arid


@dataclasses.dataclass(frozen=True)
class Mutant:
    file: str
    line: int  # from 1
    column: int  # from 0
    operator: str
    before: str
    after: str

    @property
    def name(self):
        return f"{self.file}:{self.line}:{self.column}:{self.operator}"

    def apply(self, text):
        lines = text.split("\n")
        line = lines[self.line - 1]
        assert line[self.column :].startswith(self.before), self
        lines[self.line - 1] = line[: self.column] + self.after + line[self.column + len(self.before) :]
        return "\n".join(lines)


RELATIONAL = {"<": ["<=", ">="], "<=": ["<"], ">": [">=", "<="], ">=": [">"], "==": ["!="], "!=": ["=="]}
ARITHMETIC = {"+": ["-"], "-": ["+"], "*": ["+"], "/": ["*"], "%": ["/"], "<<": [">>"], ">>": ["<<"], "|": ["&"], "&": ["|"]}
LOGICAL = {"&&": ["||"], "||": ["&&"]}
ASSIGNING = {"+=": ["-="], "-=": ["+="], "|=": ["&="], "&=": ["|="]}

BINARY = re.compile(r"(?<=\S )(<=|>=|==|!=|<<|>>|&&|\|\||\+=|-=|\|=|&=|[-+*/%<>|&])(?= \S)")
STEP = re.compile(r"(\+\+|--)(?=\w)|(?<=[\w\])])(\+\+|--)")
NUMBER = re.compile(r"(?<![\w.'])(0x[0-9a-fA-F]+|0|[1-9]\d*)(?=u?\b)(?![\w.']*')")
ORDER = re.compile(r"memory_order_(acquire|release|acq_rel|seq_cst)")
CONDITION = re.compile(r"^(\s*(?:\} else )?if (?:constexpr )?\()(.*)(\)(?: \[\[\w+\]\])?(?: \{)?(?: return.*;)?)$")
RETURN = re.compile(r"^(\s*(?:if \(.*\) )?return )(.+)(;)$")
CALL = re.compile(r"^(\s+)((?:[\w:]+(?:->|\.))*[\w:]+(?:<[^<>;]*>)?\([^;]*\);)$")
ASSIGNMENT = re.compile(r"^(\s+)([\w.\->\[\]():*]+ (?:[-+|&^*/]|<<|>>)?= [^;]*;|(?:\+\+|--)[\w.\->]+;)$")
PASSED_OVER = re.compile(r"^\s*(#|//|static_assert|using |template|enum |friend |typedef |namespace |case |default:|ARENITE_|requires)")
OUTPUT = re.compile(r'"|\btext <<|\bline <<|\bout <<|message|Message')


def blank(text):
    """The text with comments, strings and characters turned into spaces, newlines kept."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)

    def spaces(match):
        return re.sub(r"[^\n]", " ", match.group(0))

    return pattern.sub(spaces, text)


def _binary(line):
    for found in BINARY.finditer(line):
        for name, table in (("relational", RELATIONAL), ("arithmetic", ARITHMETIC), ("logical", LOGICAL), ("assigning", ASSIGNING)):
            for other in table.get(found.group(1), []):
                yield found.start(1), name, found.group(1), other


def _steps(line):
    for found in STEP.finditer(line):
        before = found.group(1) or found.group(2)
        yield found.start(), "step", before, "--" if before == "++" else "++"


def _numbers(line):
    for found in NUMBER.finditer(line):
        value = int(found.group(1), 0)
        yield found.start(1), "constant", found.group(1), str(value + 1)
        if value > 1:
            yield found.start(1), "constant", found.group(1), str(value - 1)


def _orders(line):
    for found in ORDER.finditer(line):
        yield found.start(), "order", found.group(0), "memory_order_relaxed"


def _condition(line):
    found = CONDITION.match(line)
    if found and found.group(2).count("(") == found.group(2).count(")") and ";" not in found.group(2):
        yield found.start(2), "condition", found.group(2), f"!({found.group(2)})"


def _return(line):
    found = RETURN.match(line)
    if not found or found.group(2) in ("*this", "{}", "nullptr", "0", "std::nullopt"):
        return  # nothing would change
    opposite = {"true": "false", "false": "true"}.get(found.group(2), "{}")
    yield found.start(2), "return", found.group(2), opposite


def _deletion(line):
    for pattern in (CALL, ASSIGNMENT):
        found = pattern.match(line)
        if found and not found.group(2).startswith(("return", "if ", "for ", "while ", "throw", "delete")):
            yield found.start(2), "deletion", found.group(2), ";"


OPERATORS = (_binary, _steps, _numbers, _orders, _condition, _return, _deletion)


def _bodies(lines):
    """For each line whether it lies inside a function's body or an initialiser: deeper than namespaces and classes."""
    depth, openers, inside = 0, [], []
    for line in lines:
        inside.append(any(kind == "body" for kind in openers))
        for found in re.finditer(r"[{}]", line):
            if found.group() == "{":
                before = line[: found.start()].strip()
                kind = "scope" if re.search(r"\b(namespace|class|struct|enum|union|concept)\b", before) and ")" not in before else "body"
                openers.append(kind)
            elif openers:
                openers.pop()
    return inside


def candidates(file, text):
    """All mutants of a file, in the order of lines."""
    shown, real = blank(text).split("\n"), text.split("\n")
    inside = _bodies(shown)
    for number, line in enumerate(shown):
        if not inside[number] or not line.strip() or PASSED_OVER.match(line):
            continue
        # What is printed is the business of tests of output, not of a mutation score; and a literal stands blank here.
        if OUTPUT.search(real[number]) or line.rstrip() != real[number].partition("//")[0].rstrip():
            continue
        for operator in OPERATORS:
            for column, name, before, after in operator(line):
                yield Mutant(file, number + 1, column, name, before, after)


def mutants_of(file, text, zeroes=frozenset()):
    """Those that could matter. `zeroes` as arid.zeroes_of tells them of the tree."""
    places = arid.Places(blank(text).split("\n"), zeroes)
    return (mutant for mutant in candidates(file, text) if not places.are_arid(mutant))
