"""Converts search text in Lucene syntax to a filter. luqum parses the text."""

import difflib
import itertools
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, get_args

import pyarrow as pa
import pyarrow.compute as pc
import re2
from logloop_contracts.log_batch import parse_log_id
from logloop_contracts.log_entry import Severity, parse_severity
from luqum import tree as lucene
from luqum.exceptions import ParseError
from luqum.thread import parse

from logloop_query.logs.search.language import wildcards
from logloop_query.logs.search.language.attribute_fields import PREFIX, TOO_LONG, as_number, is_attribute, is_too_long
from logloop_query.logs.search.language.filter import (
    EVERYTHING,
    And,
    AttributeEquals,
    AttributeMatches,
    AttributePresent,
    AttributeWithin,
    Contains,
    Equals,
    Filter,
    HasId,
    HasWord,
    Matches,
    Not,
    Or,
    Present,
    TextColumn,
    Within,
)
from logloop_query.logs.search.language.operators import alternatives
from logloop_query.logs.search.language.regex_literals import literal_in
from logloop_query.logs.search.language.unicode_forms import composed
from logloop_query.logs.search.limits.regexes import Cost, cost_of
from logloop_query.time_bounds import parse_moment, to_microseconds

MAX_LENGTH = 4096
MAX_DEPTH = 40
MAX_TERMS = 200
MAX_REGEX = 1000
MAX_PROGRAM = 5_000
"""Maximum number of instructions of one compiled pattern. Usual ones have under 200, `\\pL{100}` has 120,000."""
MAX_PROGRAMS = 50_000
MAX_ACTIVE = 10_000
"""Maxima over all patterns of a search: instructions, and instructions that one byte of text may have to try."""
MIN_TIME, MAX_TIME = -(2**63), 2**63 - 1

_TEXT_FIELDS: dict[str, TextColumn] = {
    "severity": "severity",
    "level": "severity",
    "service": "service_id",
    "service_id": "service_id",
    "test": "test_id",
    "test_id": "test_id",
    "func": "func_id",
    "func_id": "func_id",
    "source": "source",
    "message": "message",
    "pattern": "pattern",
}
_TIME_FIELDS = frozenset({"timestamp", "time"})
_WORD = "word"
FIELDS = (*_TEXT_FIELDS, _WORD, "id", "timestamp", "attributes.<name>")
"""Field names."""

_QUOTE_HINT = "quote text that contains : / ( ) [ ] or quotes"
_CHEAPER = "repeat fewer times, or use narrower classes such as [a-z] instead of \\pL"
_POSITION = re.compile(r"(?:unexpected\s+'(?P<what>.*)'\s+)?at position (?P<at>\d+)", re.DOTALL)
_SEVERITIES = list(Severity)


class BadQuery(ValueError):
    """Invalid search text. `position` is the offset of the error, if known."""

    def __init__(self, reason: str, position: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position


def parse_query(text: str, *, now: datetime | None = None) -> Filter:
    """Return the filter of a search text. Empty text selects every log. Raises BadQuery."""
    if len(text) > MAX_LENGTH:
        raise BadQuery(f"a search may have at most {MAX_LENGTH} characters", MAX_LENGTH)
    if not text.strip():
        return EVERYTHING
    try:
        root = parse(text)
    except ParseError as error:
        raise _syntax_error(text, str(error)) from error
    except (ArithmeticError, ValueError) as error:
        raise BadQuery("~ and ^ are not supported in searches; quote text that contains them") from error
    return _Reader(now or datetime.now(UTC)).read(root)


def _syntax_error(text: str, reason: str) -> BadQuery:
    if text.count('"') % 2:
        return BadQuery("a double quote is not closed", text.rfind('"'))
    found = _POSITION.search(reason)
    if found is None and text.count("(") > text.count(")"):
        return BadQuery(f"a parenthesis is not closed; {_QUOTE_HINT}", text.rfind("("))
    if found is None:
        return BadQuery(f"the search is incomplete: a term is missing at the end; {_QUOTE_HINT}", len(text))
    position = int(found["at"])
    return BadQuery(f"unexpected {text[position : position + 10]!r} at position {position}; {_QUOTE_HINT}", position)


class _Reader:
    """Walks a luqum tree. `field` is the field name that applies to a sub-tree, if any."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._terms = 0
        self._costs: list[Cost] = []

    def read(self, item: Any, field: str | None = None, depth: int = 0) -> Filter:
        if depth > MAX_DEPTH:
            raise BadQuery(f"a search may be nested at most {MAX_DEPTH} deep", item.pos)
        match item:
            case lucene.BaseOperation():
                return self._operation(item, field, depth)
            case lucene.Prohibit() if _negative_number(item, field):
                return self._equals(item, field, f"-{item.a.value}")
            case lucene.Not() | lucene.Prohibit():
                return Not(self.read(item.a, field, depth + 1))
            case lucene.Plus():
                return self.read(item.a, field, depth + 1)
            case lucene.BaseGroup():
                return self.read(item.expr, field, depth + 1)
            case lucene.SearchField():
                return self._field(item, field, depth)
            case _:
                return self._leaf(item, field)

    def _operation(self, item: Any, field: str | None, depth: int) -> Filter:
        _reject_adjacent(item.children)
        read = tuple(tuple(self.read(term, field, depth + 1) for term in terms) for terms in alternatives(item))
        parts = tuple(And(terms) if len(terms) > 1 else terms[0] for terms in read)
        return Or(parts) if len(parts) > 1 else parts[0]

    def _field(self, item: Any, outer: str | None, depth: int) -> Filter:
        if outer is not None:
            raise BadQuery(f"field {item.name!r} is nested in field {outer!r}; {_QUOTE_HINT}", item.pos)
        name = wildcards.unescape(item.name)
        if name == "_exists_":
            return self._exists(wildcards.unescape(_text_of(item.expr)), item)
        _check_field(name, item)
        return self.read(item.expr, name, depth + 1)

    def _leaf(self, item: Any, field: str | None) -> Filter:
        self._terms += 1
        if self._terms > MAX_TERMS:
            raise BadQuery(f"a search may have at most {MAX_TERMS} terms", item.pos)
        match item:
            case lucene.Word():
                return self._word(item, field)
            case lucene.Phrase():
                return self._equals(item, field, wildcards.unescape(item.value[1:-1]))
            case lucene.Regex():
                return self._regex(item, field)
            case lucene.Range():
                low, high = _bound(item.low), _bound(item.high)
                return self._range(item, field, low, high, item.include_low, item.include_high)
            case lucene.From():
                return self._range(item, field, _bound(item.a), None, item.include, True)
            case lucene.To():
                return self._range(item, field, None, _bound(item.a), True, item.include)
            case lucene.BaseApprox():
                raise BadQuery("fuzzy search with ~ is not supported; use * or a regular expression", item.pos)
            case _:
                raise BadQuery("boosting with ^ is not supported; results are in time order", item.pos)

    def _word(self, item: Any, field: str | None) -> Filter:
        raw: str = item.value
        if '"' in re.sub(r"\\.", "", raw):
            raise BadQuery('a double quote inside a word; quote the whole text or write \\"', item.pos)
        if raw in {"&&", "||"} or raw.startswith("!"):
            raise BadQuery("write AND, OR and NOT (or -) instead of &&, || and !, or quote the text", item.pos)
        if not wildcards.has_wildcard(raw):
            return self._equals(item, field, wildcards.unescape(raw))
        if not raw.strip("*"):
            return EVERYTHING if field is None else self._exists(field, item)
        if field in {None, "message", _WORD}:
            part = wildcards.contained_part(raw)
            if part is not None:
                return Contains("message", part)
            return Matches(
                "message",
                self._affordable(wildcards.message_wildcard(raw), item),
                needle=wildcards.longest_piece(raw),
            )
        return self._pattern(item, field, wildcards.value_wildcard(raw))

    def _equals(self, item: Any, field: str | None, value: str) -> Filter:
        column = "message" if field is None else _TEXT_FIELDS.get(field)
        if column == "message":
            return Contains("message", value) if value else EVERYTHING
        if column == "severity":
            return Equals(column, _severity(value, item))
        if column is not None:
            return Equals(column, value)
        assert field is not None
        if field == _WORD and self._affordable(wildcards.whole_words(value), item):
            return HasWord("message", value) if value else EVERYTHING
        if field == "id":
            return _has_id(value, item)
        if field in _TIME_FIELDS:
            moment = self._moment(value, item)
            return Within(moment, moment)
        return AttributeEquals(field.removeprefix(PREFIX), value)

    def _regex(self, item: Any, field: str | None) -> Filter:
        pattern = composed(item.value[1:-1].replace("\\/", "/"))
        if not pattern:
            raise BadQuery(f"the regular expression is empty; {_QUOTE_HINT}", item.pos)
        _check_regex(pattern, item)
        return self._pattern(item, field or "message", pattern)

    def _pattern(self, item: Any, field: str, pattern: str) -> Filter:
        column = _TEXT_FIELDS.get(field)
        if column is not None:
            return Matches(column, self._affordable(pattern, item), needle=literal_in(pattern))
        if field.startswith(PREFIX):
            return AttributeMatches(field.removeprefix(PREFIX), self._affordable(pattern, item))
        kind = "regular expressions" if isinstance(item, lucene.Regex) else "wildcards"
        raise BadQuery(f"field {field!r} does not support {kind}", item.pos)

    def _affordable(self, pattern: str, item: Any) -> str:
        """Return the pattern. Raises BadQuery when it, or all patterns so far, would cost too much."""
        cost = _cost(pattern, item)
        self._costs.append(cost)
        programs, active = sum(one.program for one in self._costs), sum(one.active for one in self._costs)
        if programs > MAX_PROGRAMS or active > MAX_ACTIVE:
            raise BadQuery(
                f"the patterns up to here cost too much together: they compile to {programs} instructions of at most "
                f"{MAX_PROGRAMS}, {active} of at most {MAX_ACTIVE} active at once; use fewer",
                item.pos,
            )
        return pattern

    def _range(
        self, item: Any, field: str | None, low: str | None, high: str | None, with_low: bool, with_high: bool
    ) -> Filter:
        if field in _TIME_FIELDS:
            return self._time_range(item, low, high, with_low, with_high)
        if field is not None and field.startswith(PREFIX):
            path = field.removeprefix(PREFIX)
            return _attribute_range(path, low, high, with_low, with_high)
        if field is not None and _TEXT_FIELDS.get(field) == "severity":
            return _severity_range(item, low, high, with_low, with_high)
        raise BadQuery(
            f"ranges work on timestamp, severity and attributes, not on {field or 'plain text'!s}", item.pos
        )

    def _time_range(self, item: Any, low: str | None, high: str | None, with_low: bool, with_high: bool) -> Filter:
        first, last = MIN_TIME, MAX_TIME
        if low is not None:
            first = self._moment(low, item) + (0 if with_low else 1)
        if high is not None:
            last = self._moment(high, item) - (0 if with_high else 1)
        return Within(first, last)

    def _moment(self, text: str, item: Any) -> int:
        try:
            return to_microseconds(parse_moment(text, self._now))
        except ValueError as error:
            raise BadQuery(str(error), item.pos) from error

    def _exists(self, field: str, item: Any) -> Filter:
        _check_field(field, item)
        if field.startswith(PREFIX):
            return AttributePresent(field.removeprefix(PREFIX))
        column = _TEXT_FIELDS.get(field)
        return EVERYTHING if column is None else Present(column)


def _reject_adjacent(children: list[Any]) -> None:
    """Reject text such as /a/b or f(x), which parses as two adjacent terms."""
    for left, right in itertools.pairwise(children):
        if not left.tail and not right.head and isinstance(left, lucene.Regex | lucene.Word | lucene.Phrase):
            raise BadQuery(
                f"{str(left)[:40]}{str(right)[:40]} is two terms without a space between them; {_QUOTE_HINT}",
                left.pos,
            )


def _check_field(name: str, item: Any) -> None:
    if name in _TEXT_FIELDS or name in _TIME_FIELDS or name in {_WORD, "id"}:
        return
    if is_attribute(name):
        if is_too_long(name):
            raise BadQuery(TOO_LONG, item.pos)
        return
    near = difflib.get_close_matches(name, FIELDS, 1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise BadQuery(
        f"there is no field {name[:60]!r}; {hint}fields are {', '.join(sorted(set(_TEXT_FIELDS.values())))}, "
        f"word, id, timestamp and attributes.{name[:60]}; {_QUOTE_HINT}",
        item.pos,
    )


def _negative_number(item: Any, field: str | None) -> bool:
    word = item.a
    return (
        field is not None
        and field.startswith(PREFIX)
        and isinstance(word, lucene.Word)
        and as_number(word.value) is not None
    )


def _text_of(item: Any) -> str:
    if isinstance(item, lucene.Phrase):
        return str(item.value[1:-1])
    if isinstance(item, lucene.Word):
        return str(item.value)
    raise BadQuery("_exists_ needs a field name", item.pos)


def _bound(item: Any) -> str | None:
    sign = ""
    if isinstance(item, lucene.Prohibit):
        sign, item = "-", item.a
    text = item.value[1:-1] if isinstance(item, lucene.Phrase) else item.value
    return None if text == "*" and isinstance(item, lucene.Word) else sign + wildcards.unescape(text)


def _has_id(value: str, item: Any) -> Filter:
    try:
        found = parse_log_id(value)
    except ValueError as error:
        raise BadQuery(str(error), item.pos) from error
    return HasId(found.batch, found.hour, found.row)


def _severity(value: str, item: Any) -> str:
    try:
        return parse_severity(value).value
    except ValueError as error:
        raise BadQuery(str(error), item.pos) from error


def _severity_range(item: Any, low: str | None, high: str | None, with_low: bool, with_high: bool) -> Filter:
    ranks = range(len(_SEVERITIES))
    first = 0 if low is None else _SEVERITIES.index(Severity(_severity(low, item))) + (0 if with_low else 1)
    last = len(ranks) - 1
    if high is not None:
        last = _SEVERITIES.index(Severity(_severity(high, item))) - (0 if with_high else 1)
    return Or(tuple(Equals("severity", _SEVERITIES[rank].value) for rank in ranks if first <= rank <= last))


def _attribute_range(path: str, low: str | None, high: str | None, with_low: bool, with_high: bool) -> Filter:
    if low is None and high is None:
        return AttributePresent(path)
    numbers = [as_number(bound) for bound in (low, high) if bound is not None]
    if any(number is None for number in numbers):
        return AttributeWithin(path, low, high, with_low, with_high)
    as_bound: Callable[[str | None], float | None] = lambda bound: None if bound is None else as_number(bound)  # noqa: E731
    return AttributeWithin(path, as_bound(low), as_bound(high), with_low, with_high)


def _check_regex(pattern: str, item: Any) -> None:
    if len(pattern) > MAX_REGEX:
        raise BadQuery(f"a regular expression may have at most {MAX_REGEX} characters", item.pos)
    try:
        pc.match_substring_regex(pa.array([""]), pattern=pattern)
    except pa.ArrowInvalid as error:
        reason = str(error).removeprefix("Invalid regular expression: ")
        culprit = reason.rpartition(": ")[2]
        offset = max(0, pattern.find(culprit)) if culprit else 0
        raise BadQuery(
            f"invalid regular expression: {reason} (the syntax is RE2)", (item.pos or 0) + 1 + offset
        ) from error


def _cost(pattern: str, item: Any) -> Cost:
    try:
        cost = cost_of(pattern)
    except re2.error as error:
        raise BadQuery(f"the pattern is too large to compile; {_CHEAPER}", item.pos) from error
    if cost.program > MAX_PROGRAM:
        raise BadQuery(
            f"the pattern costs too much: it compiles to {cost.program} instructions, at most {MAX_PROGRAM} are "
            f"allowed; {_CHEAPER}",
            item.pos,
        )
    return cost


assert {*_TEXT_FIELDS.values()} == {*get_args(TextColumn)}
