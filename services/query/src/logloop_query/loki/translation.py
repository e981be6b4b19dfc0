"""Compiles the log queries of LogQL to the filter of a search."""

import math
import re

import pyarrow as pa
import pyarrow.compute as pc
import re2
from logloop_contracts.log_batch import parse_log_id

from logloop_query.logs.search.language.attribute_fields import TOO_LONG, as_number, is_too_long
from logloop_query.logs.search.language.filter import (
    EVERYTHING,
    NOTHING,
    And,
    AttributeEquals,
    AttributeMatches,
    AttributePresent,
    AttributeWithin,
    Equals,
    Filter,
    HasId,
    Matches,
    Not,
    Or,
    Present,
)
from logloop_query.logs.search.language.regex_literals import literal_in
from logloop_query.logs.search.language.syntax import MAX_ACTIVE, MAX_PROGRAM, MAX_PROGRAMS, MAX_REGEX, MAX_TERMS
from logloop_query.logs.search.language.unicode_forms import composed
from logloop_query.logs.search.limits.regexes import Cost, cost_of
from logloop_query.loki.errors import BadLogQL
from logloop_query.loki.labels import COLUMN_OF, attribute_paths, kind_of
from logloop_query.loki.syntax_tree import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Drop,
    LabelFilter,
    LineFilter,
    LogQuery,
    Matcher,
    Parser,
    Unwrap,
)

_HIGHEST = math.inf
_POSITIVE = {"!=": "=", "!~": "=~"}


def filter_of(query: LogQuery, project_id: str) -> Filter:
    """Return the filter of a log query in a project. Raises BadLogQL."""
    return _Translation(project_id).query(query)


class _Translation:
    """One query. It bounds the terms and the cost of all expressions together."""

    def __init__(self, project_id: str) -> None:
        self._project_id = project_id
        self._terms = 0
        self._costs: list[Cost] = []

    def query(self, query: LogQuery) -> Filter:
        parts = [self._matcher(matcher) for matcher in query.matchers]
        for stage in query.stages:
            match stage:
                case LineFilter():
                    parts.append(self._line(stage))
                case LabelFilter(condition):
                    parts.append(self._condition(condition))
                case Drop(labels):
                    _refuse_drop(labels)
                case Unwrap():
                    parts.append(_has(stage.label))
                case Parser():
                    pass  # fields of lines are attributes since they arrived
        kept = tuple(part for part in parts if part != EVERYTHING)
        return And(kept) if len(kept) > 1 else kept[0] if kept else EVERYTHING

    def _condition(self, condition: Condition) -> Filter:
        match condition:
            case AllOf(parts):
                return And(tuple(map(self._condition, parts)))
            case AnyOf(parts):
                return Or(tuple(map(self._condition, parts)))
            case Matcher():
                return self._matcher(condition)
            case Comparison():
                return self._comparison(condition)

    def _matcher(self, matcher: Matcher) -> Filter:
        self._count()
        if matcher.op in _POSITIVE:
            return Not(self._positive(matcher.label, _POSITIVE[matcher.op], matcher.value))
        return self._positive(matcher.label, matcher.op, matcher.value)

    def _positive(self, label: str, op: str, value: str) -> Filter:
        """Return the filter of `=` or `=~`. A log without the label has an empty one."""
        kind = kind_of(label)
        pattern = self._affordable(f"(?s)^(?:{composed(value)})$") if op == "=~" else None
        accepts_empty = bool(re2.search(pattern, "")) if pattern is not None else not value
        match kind:
            case "project" | "empty":
                text = self._project_id if kind == "project" else ""
                fits = bool(re2.search(pattern, text)) if pattern is not None else text == value
                return EVERYTHING if fits else NOTHING
            case "log_id":
                return self._log_id(op, value)
            case "column":
                column = COLUMN_OF[label]
                missing: Filter = Not(Present(column))
                found: Filter = Equals(column, composed(value)) if pattern is None else Matches(column, pattern)
            case "attribute":
                paths = attribute_paths(label)
                _refuse_long(paths)
                missing = Not(_any([AttributePresent(path) for path in paths]))
                found = _any(
                    [
                        AttributeEquals(path, composed(value)) if pattern is None else AttributeMatches(path, pattern)
                        for path in paths
                    ]
                )
        return Or((found, missing)) if accepts_empty else found

    @staticmethod
    def _log_id(op: str, value: str) -> Filter:
        if op == "=~":
            raise BadLogQL("log_id takes a whole id, with = or !=, and no regular expression")
        try:
            found = parse_log_id(value)
        except ValueError as error:
            raise BadLogQL(f"{error}; take ids from log_id of a line") from error
        return HasId(found.batch, found.hour, found.row)

    def _comparison(self, comparison: Comparison) -> Filter:
        self._count()
        label, op, number = comparison.label, comparison.op, as_number(comparison.number)
        if kind_of(label) != "attribute":
            raise BadLogQL(f"the label {label!r} is text; compare it with a text in quotes")
        if number is None:
            raise BadLogQL(f"{comparison.number[:40]!r} is not a number that can be compared")
        paths = attribute_paths(label)
        _refuse_long(paths)
        if op in {"==", "!="}:
            equal = _any([AttributeWithin(path, number, number) for path in paths])
            is_number = _any([AttributeWithin(path, None, _HIGHEST) for path in paths])
            return equal if op == "==" else And((is_number, Not(equal)))
        low, high = (number, None) if op in {">", ">="} else (None, number)
        return _any([AttributeWithin(path, low, high, op == ">=", op == "<=") for path in paths])

    def _line(self, stage: LineFilter) -> Filter:
        texts = [composed(value) for value in stage.values]
        found = _any([self._line_has(text, stage.op) for text in texts])
        return Not(found) if stage.op in {"!=", "!~"} else found

    def _line_has(self, text: str, op: str) -> Filter:
        self._count()
        if not text:
            return EVERYTHING
        if op in {"|~", "!~"}:
            return Matches("message", self._affordable(text), needle=literal_in(text))
        return Matches("message", self._affordable(re.escape(text)), needle=text)

    def _count(self) -> None:
        self._terms += 1
        if self._terms > MAX_TERMS:
            raise BadLogQL(f"a query may have at most {MAX_TERMS} filters")

    def _affordable(self, pattern: str) -> str:
        """Return an expression that is valid and, with all others of the query, cheap enough. Raises BadLogQL."""
        if len(pattern) > MAX_REGEX:
            raise BadLogQL(f"a text or regular expression may have at most {MAX_REGEX} characters")
        try:
            pc.match_substring_regex(pa.array([""]), pattern=pattern)
            cost = cost_of(pattern)
        except (pa.ArrowInvalid, re2.error) as error:
            reason = str(error).removeprefix("Invalid regular expression: ")
            raise BadLogQL(f"invalid regular expression {pattern[:60]!r}: {reason} (the syntax is RE2)") from error
        self._costs.append(cost)
        programs, active = sum(one.program for one in self._costs), sum(one.active for one in self._costs)
        if cost.program > MAX_PROGRAM or programs > MAX_PROGRAMS or active > MAX_ACTIVE:
            raise BadLogQL("the regular expressions cost too much; repeat fewer times, or use narrower classes")
        return pattern


def _any(parts: list[Filter]) -> Filter:
    return parts[0] if len(parts) == 1 else Or(tuple(parts))


def _has(label: str) -> Filter:
    """Return the filter of logs that may have a value to unwrap."""
    if kind_of(label) != "attribute":
        return EVERYTHING
    paths = attribute_paths(label)
    _refuse_long(paths)
    return _any([AttributePresent(path) for path in paths])


def _refuse_long(paths: list[str]) -> None:
    if any(is_too_long(f"attributes.{path}") for path in paths):
        raise BadLogQL(TOO_LONG)


def _refuse_drop(labels: tuple[str, ...]) -> None:
    """Raise BadLogQL unless only labels that no log has are dropped, as Grafana does to count lines."""
    for label in labels:
        if kind_of(label) != "empty":
            raise BadLogQL(f"drop {label} is not supported; only __error__ and __error_details__ can be dropped")
