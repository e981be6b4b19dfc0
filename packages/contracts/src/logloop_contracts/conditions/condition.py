"""Conditions of rules: CEL expressions over known names, checked when saved and split into clauses.

Google's CEL compiler checks names and types; the Rust engine, which is several times faster and compares int with
double, evaluates.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cel
import re2
from cel_expr_python import cel as google_cel

from logloop_contracts.conditions.cel_tree import Node, macro_of, read_checked, unparse
from logloop_contracts.conditions.item_patterns import ItemPattern, item_pattern, lifted, pattern_calls, with_matches
from logloop_contracts.conditions.names import ANY, INT, ITEM_FIELDS, MEASURED_ANALYSIS_NAMES, NAMES, STRING, Subject

MAX_SOURCE_BYTES = 2048
MAX_PATTERN_LENGTH = 256
MAX_PATTERN_PROGRAM = 2_500
"""Instructions of a pattern that RE2 compiled; `\\pL` takes 1,200. The engine compiles it again for each row."""
MAX_ITEM_PATTERNS = 400
"""The same for all patterns together that are matched with each line or annotation of a run."""
_QUIET = re2.Options()
_QUIET.log_errors = False

_MORE, _LESS = frozenset({"_>_", "_>=_"}), frozenset({"_<_", "_<=_"})
_DIVISIONS = frozenset({"_/_", "_%_"})
_GROWING = frozenset({"stats.count", "stats.rate", "stats.services"})

EVALUATION_ERRORS = (ArithmeticError, LookupError, TypeError, RuntimeError, ValueError)
"""What the engine raises for values that an expression cannot work with, such as a division by zero."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a condition, with its place in the text where the compiler names one; both count from 1."""

    text: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return self.text if self.line is None else f"line {self.line}, column {self.column}: {self.text}"


class BadCondition(ValueError):
    """The condition cannot be saved. `flaws` has one item for each error, `problems` the same as sentences."""

    def __init__(self, problems: Sequence[str | Flaw]) -> None:
        self.flaws = [Flaw(problem) if isinstance(problem, str) else problem for problem in problems]
        self.problems = [str(flaw) for flaw in self.flaws]
        super().__init__("; ".join(self.problems))


@dataclass(frozen=True, slots=True)
class Outcome:
    """The value of a clause. An error, such as a missing attribute, counts as false."""

    holds: bool
    error: str | None = None


@dataclass(frozen=True)
class Clause:
    """A conjunct of a condition: one operand of its top-level `&&`."""

    text: str
    node: Node
    names: frozenset[str]
    program: cel.Program
    item_patterns: frozenset[ItemPattern] = frozenset()
    """Patterns whose results `context_of` adds to the items of lists."""

    @property
    def reads_window(self) -> bool:
        """Whether it reads `stats`."""
        return any(name.startswith("stats.") for name in self.names)

    @property
    def only_grows(self) -> bool:
        """Whether more logs can make it true but never false, as in `stats.count > 5`."""
        if self.node.kind != "call" or self.node.name not in _MORE | _LESS:
            return False
        left, right = self.node.children if self.node.name in _MORE else self.node.children[::-1]
        return left.name in _GROWING and right.kind == "const"

    def evaluate(self, context: cel.Context) -> Outcome:
        """Return whether it is true for these values."""
        try:
            value = self.program.execute(context)
        except KeyError as error:
            return Outcome(holds=False, error=f"there is no {error}")
        except EVALUATION_ERRORS as error:
            return Outcome(holds=False, error=_first_line(error))
        if not isinstance(value, bool):
            return Outcome(holds=False, error=f"returned {type(value).__name__}, not true or false")
        return Outcome(holds=value)


@dataclass(frozen=True)
class Condition:
    """A checked condition: the conjunction of its clauses. Those that read the window come last."""

    source: str
    subject: Subject
    clauses: tuple[Clause, ...]

    @functools.cached_property
    def row_clauses(self) -> tuple[Clause, ...]:
        """Clauses that depend on one log."""
        return tuple(clause for clause in self.clauses if not clause.reads_window)

    @functools.cached_property
    def window_clauses(self) -> tuple[Clause, ...]:
        """Clauses that depend on the statistics of the window."""
        return tuple(clause for clause in self.clauses if clause.reads_window)

    @functools.cached_property
    def window_only_grows(self) -> bool:
        """Whether adding logs to the window can make its clauses true but never false."""
        return all(clause.only_grows for clause in self.window_clauses)

    @functools.cached_property
    def window_names(self) -> frozenset[str]:
        """Names that the window clauses read."""
        return frozenset[str]().union(*(clause.names for clause in self.window_clauses))

    @functools.cached_property
    def names(self) -> frozenset[str]:
        """Every name that it reads."""
        return frozenset[str]().union(*(clause.names for clause in self.clauses))

    @functools.cached_property
    def item_patterns(self) -> frozenset[ItemPattern]:
        """Patterns that it matches with the items of lists."""
        return frozenset[ItemPattern]().union(*(clause.item_patterns for clause in self.clauses))


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)[:200]


def compile_condition(source: str, subject: Subject) -> Condition:
    """Check and compile a condition. Raises BadCondition."""
    if len(source.encode("utf-8", "surrogatepass")) > MAX_SOURCE_BYTES:
        raise BadCondition([f"a condition may have at most {MAX_SOURCE_BYTES} bytes; split it into several rules"])
    if "${{" in source:
        raise BadCondition(["a condition must not contain '${{': GitHub would expand it in a workflow file"])
    if not source.strip():
        raise BadCondition(["the condition is empty; write 'true' to match everything that passes the filter"])
    tree = _google_tree(source, subject)
    problems = _errors(tree, subject)
    if problems:
        raise BadCondition(problems)
    clauses = tuple(_clause(node, subject) for node in tree.conjuncts())
    return Condition(source, subject, tuple(sorted(clauses, key=lambda clause: clause.reads_window)))


@functools.cache
def _environment(subject: Subject) -> Any:
    kinds = google_cel.Type
    types = {
        STRING: kinds.STRING,
        INT: kinds.INT,
        ANY: kinds.DYN,
        "timestamp": kinds.TIMESTAMP,
        "object": kinds.Map(kinds.STRING, kinds.DYN),
        "objects": kinds.List(kinds.Map(kinds.STRING, kinds.DYN)),
        "strings": kinds.List(kinds.STRING),
    }
    return google_cel.NewEnv(variables={name: types[kind] for name, kind in NAMES[subject].items()})


def _google_tree(source: str, subject: Subject) -> Node:
    try:
        expression = _environment(subject).compile(source)
    except RuntimeError as error:
        raise BadCondition(_compiler_errors(str(error), subject)) from error
    kind = expression.return_type().name()
    if kind not in ("BOOL", "bool", "DYN", "dyn"):
        raise BadCondition([f"the condition returns {kind}, but must return true or false; compare it with a value"])
    return read_checked(expression.serialize())


def _compiler_errors(text: str, subject: Subject) -> list[str | Flaw]:
    """The compiler's messages, each with its position and, for unknown names, the known names."""
    problems: list[str | Flaw] = []
    for line in text.splitlines():
        if "ERROR: <input>:" not in line:
            continue
        place, _, words = line.partition("ERROR: <input>:")[2].partition(": ")
        row, _, column = place.partition(":")
        problem = words.removesuffix(" [INVALID_ARGUMENT]")
        if "undeclared reference" in words:
            problem += f"; known names: {', '.join(NAMES[subject])}"
        problems.append(Flaw(problem, int(row), int(column)))
    return problems or [text[:300]]


def _errors(tree: Node, subject: Subject) -> list[str]:
    problems = []
    for node in tree.walk():
        if node.kind == "comprehension":
            problems += _macro_errors(node)
        if node.kind == "call" and node.name == "matches":
            problems += _pattern_errors(node.children[-1])
    problems += _item_pattern_errors(tree)
    problems += _constant_errors(tree)
    names = _names(tree, subject)
    if subject == "analysis" and not names & MEASURED_ANALYSIS_NAMES:
        problems.append(
            "an analysis rule must also read a measured value (analysis.findings, kinds, services, top_score or "
            "logs_read): the output of a model alone must not start a workflow"
        )
    return problems


def _constant_errors(node: Node) -> list[str]:
    """Return why expressions without names, and divisions by zero, fail whatever the values are."""
    below = list(node.walk())
    if not any(item.kind in {"ident", "comprehension"} for item in below):
        if not any(item.kind == "call" for item in below) and node.kind != "call":
            return []
        try:
            cel.evaluate(unparse(node))
        except EVALUATION_ERRORS as error:
            return [f"{unparse(node)[:80]!r} cannot be evaluated: {_first_line(error)}"]
        return []
    if node.kind == "call" and node.name in _DIVISIONS and node.children[-1].value == 0:
        return [f"{unparse(node)[:80]!r} divides by zero"]
    return [problem for child in node.children for problem in _constant_errors(child)]


def _macro_errors(node: Node) -> list[str]:
    if macro_of(node) == "other":
        return ["map, filter and exists_one are not available; use exists or all"]
    if any(below.kind == "comprehension" for child in node.children for below in child.walk()):
        return [f"{macro_of(node)} must not be nested in another macro"]
    return _item_errors(node)


def _item_errors(node: Node) -> list[str]:
    """Return the fields that a macro over a list of objects reads and its items do not have."""
    fields = ITEM_FIELDS.get(node.children[0].name)
    if fields is None:
        return []
    read = {
        below.name
        for below in node.walk()
        if below.kind == "select" and below.children[0].kind == "ident" and below.children[0].name == node.name
    }
    known = ", ".join(fields)
    return [
        f"an item of {node.children[0].name} has no field {name!r}; known fields: {known}"
        for name in sorted(read.difference(fields))
    ]


def _item_pattern_errors(tree: Node) -> list[str]:
    """Return why patterns that are matched with each item of a list cannot be used."""
    found = [item_pattern(macro, call) for macro, call in pattern_calls(tree)]
    if None in found:
        return ["in a macro over lines or annotations, match a field with a constant pattern: line.text.matches('…')"]
    size = sum(_program_size(pattern.pattern) for pattern in found if pattern is not None)
    if size <= MAX_ITEM_PATTERNS:
        return []
    cost = f"they compile to {size} instructions, at most {MAX_ITEM_PATTERNS} are allowed"
    return [f"the patterns that are matched with each line cost too much: {cost}; use contains(), or shorter ones"]


def _program_size(pattern: str) -> int:
    """Return the number of instructions of a pattern, 0 for one that is not valid."""
    try:
        return int(re2.compile(pattern, _QUIET).programsize)
    except re2.error:
        return 0


def _pattern_errors(argument: Node) -> list[str]:
    if argument.kind != "const" or not isinstance(argument.value, str):
        return ["the pattern of matches() must be a string constant"]
    if len(argument.value) > MAX_PATTERN_LENGTH:
        return [f"a pattern may have at most {MAX_PATTERN_LENGTH} characters"]
    try:
        size = re2.compile(argument.value, _QUIET).programsize
        if size > MAX_PATTERN_PROGRAM:
            cost = f"it compiles to {size} instructions, at most {MAX_PATTERN_PROGRAM} are allowed"
            return [
                f"matches({argument.value[:60]!r}) costs too much: {cost}; repeat fewer times, or narrow its classes"
            ]
        cel.evaluate("''.matches(pattern)", {"pattern": argument.value})
    except (re2.error, RuntimeError, ValueError) as error:
        return [f"matches({argument.value[:60]!r}) is not a valid RE2 pattern: {str(error).splitlines()[0][:120]}"]
    return []


def _names(tree: Node, subject: Subject) -> frozenset[str]:
    return frozenset(node.name for node in tree.walk() if node.kind == "ident" and node.name in NAMES[subject])


def _clause(node: Node, subject: Subject) -> Clause:
    text = unparse(node)
    try:
        found = (item_pattern(macro, call) for macro, call in pattern_calls(node))
        patterns = frozenset(pattern for pattern in found if pattern is not None)
        return Clause(text, node, _names(node, subject), cel.compile(unparse(lifted(node))), patterns)
    except ValueError as error:
        raise BadCondition([f"{text[:80]!r} cannot be evaluated: {error}"]) from error


def attribute_keys(nodes: Sequence[Node]) -> frozenset[str] | None:
    """Return the top-level attributes that expressions read, None when they may read any."""
    keys = frozenset[str]()
    for node in nodes:
        found = _attribute_key(node)
        if found is None:
            found = attribute_keys(node.children)
        if found is None or (node.kind == "ident" and node.name == "log.attributes"):
            return None
        keys |= found
    return keys


def _attribute_key(node: Node) -> frozenset[str] | None:
    """The key of `log.attributes.key`, `has(log.attributes.key)` or `log.attributes["key"]`."""
    if not node.children or node.children[0].name != "log.attributes":
        return None
    if node.kind == "select":
        return frozenset({node.name})
    key = node.children[-1].value
    return frozenset({key}) if node.name == "_[_]" and isinstance(key, str) else None


def context_of(
    names: frozenset[str], values: Mapping[str, Any], item_patterns: frozenset[ItemPattern] = frozenset()
) -> cel.Context:
    """Return the evaluation context for these dotted names; only what a condition reads is converted."""
    nested: dict[str, Any] = {}
    for name in names:
        *path, leaf = name.split(".")
        below = nested
        for part in path:
            below = below.setdefault(part, {})
        below[leaf] = with_matches(name, values[name], item_patterns) if name in ITEM_FIELDS else values[name]
    return cel.Context(variables=nested)
