"""The filter of a search, as an immutable tree that search, counts, tails, exports and edits share."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

TextColumn = Literal["message", "severity", "service_id", "test_id", "func_id", "source", "pattern"]


@dataclass(frozen=True, slots=True)
class Everything:
    """Every log."""


@dataclass(frozen=True, slots=True)
class And:
    """Logs that every part selects."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Logs that at least one part selects; none when there are no parts."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Logs that a part does not select, including logs without the field."""

    part: "Filter"


@dataclass(frozen=True, slots=True)
class Equals:
    """The column equals this text."""

    column: TextColumn
    value: str


@dataclass(frozen=True, slots=True)
class OneOf:
    """The column equals one of these texts."""

    column: TextColumn
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contains:
    """The column contains this text, ignoring case."""

    column: TextColumn
    value: str


@dataclass(frozen=True, slots=True)
class Matches:
    """The column matches an RE2 pattern anywhere. Every match contains `needle`, ignoring case."""

    column: TextColumn
    pattern: str
    needle: str = ""


@dataclass(frozen=True, slots=True)
class HasWord:
    """The column contains this text as whole words, ignoring case: no letter, digit or _ stands beside it."""

    column: TextColumn
    value: str


@dataclass(frozen=True, slots=True)
class Present:
    """The log has this field."""

    column: TextColumn


@dataclass(frozen=True, slots=True)
class Within:
    """The timestamp is in [low, high], inclusive, in microseconds since 1970."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class HasId:
    """The log with this id."""

    batch: str
    hour: int
    row: int


@dataclass(frozen=True, slots=True)
class AttributePresent:
    """An attribute path has a non-null value."""

    path: str


@dataclass(frozen=True, slots=True)
class AttributeEquals:
    """A value at the path equals the word, as text, number or boolean, depending on the type of the value."""

    path: str
    value: str


@dataclass(frozen=True, slots=True)
class AttributeMatches:
    """The text of a scalar at the path matches an RE2 pattern anywhere."""

    path: str
    pattern: str


@dataclass(frozen=True, slots=True)
class AttributeWithin:
    """A value at the path is between two bounds: numbers for numeric bounds, else texts by code point."""

    path: str
    low: float | str | None
    high: float | str | None
    include_low: bool = True
    include_high: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Selected:
    """The rows of one segment that a mask selects: a boolean array without nulls."""

    mask: Any


Attribute: TypeAlias = AttributePresent | AttributeEquals | AttributeMatches | AttributeWithin
Leaf: TypeAlias = Equals | OneOf | Contains | Matches | HasWord | Present | Within | HasId | Selected | Attribute
Filter: TypeAlias = Everything | And | Or | Not | Leaf

EVERYTHING = Everything()
NOTHING = Or(())


def columns_of(leaf: Leaf) -> frozenset[str]:
    """Return the columns of a log batch that a leaf reads."""
    match leaf:
        case Equals(column=column) | OneOf(column=column) | Contains(column=column):
            return frozenset({column})
        case Matches(column=column) | HasWord(column=column) | Present(column=column):
            return frozenset({column})
        case Within():
            return frozenset({"timestamp"})
        case HasId():
            return frozenset({"batch", "row"})
        case Selected():
            return frozenset()
        case _:
            return frozenset({"attributes"})


def leaves(wanted: Filter) -> Iterator[Leaf]:
    """Yield each leaf of a filter."""
    match wanted:
        case Everything():
            return
        case And(parts) | Or(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case _:
            yield wanted


def with_leaves(wanted: Filter, change: Callable[[Leaf], Filter]) -> Filter:
    """Return a filter in which each leaf is replaced."""
    match wanted:
        case Everything():
            return wanted
        case And(parts):
            return And(tuple(with_leaves(part, change) for part in parts))
        case Or(parts):
            return Or(tuple(with_leaves(part, change) for part in parts))
        case Not(part):
            return Not(with_leaves(part, change))
        case _:
            return change(wanted)


def simplified(wanted: Filter) -> Filter:
    """Return an equal filter without parts that select everything or nothing."""
    match wanted:
        case Not(part):
            inner = simplified(part)
            if inner in (EVERYTHING, NOTHING):
                return NOTHING if inner == EVERYTHING else EVERYTHING
            return Not(inner)
        case And(parts):
            kept = tuple(part for part in map(simplified, parts) if part != EVERYTHING)
            return NOTHING if NOTHING in kept else (kept[0] if len(kept) == 1 else _all_of(kept))
        case Or(parts):
            kept = tuple(part for part in map(simplified, parts) if part != NOTHING)
            return EVERYTHING if EVERYTHING in kept else (kept[0] if len(kept) == 1 else Or(kept))
        case _:
            return wanted


def needed_columns(wanted: Filter) -> frozenset[str]:
    """Return the columns that a filter reads."""
    match wanted:
        case Everything():
            return frozenset()
        case And(parts) | Or(parts):
            return frozenset().union(*map(needed_columns, parts))
        case Not(part):
            return needed_columns(part)
        case _:
            return columns_of(wanted)


def relax(wanted: Filter, known: frozenset[str], *, negated: bool = False) -> Filter:
    """Return a filter over only the `known` columns that selects at least the logs of `wanted`.

    A leaf on another column may or may not match, also under a negation, so it becomes Everything.
    """
    match wanted:
        case Everything():
            return NOTHING if negated else EVERYTHING
        case Not(part):
            return relax(part, known, negated=not negated)
        case And(parts) | Or(parts):
            relaxed = tuple(relax(part, known, negated=negated) for part in parts)
            return _all_of(relaxed) if isinstance(wanted, And) != negated else _any_of(relaxed)
        case _:
            if isinstance(wanted, Selected) or not columns_of(wanted) <= known:
                return EVERYTHING
            return Not(wanted) if negated else wanted


def _all_of(parts: tuple[Filter, ...]) -> Filter:
    kept = tuple(part for part in parts if part != EVERYTHING)
    return And(kept) if kept else EVERYTHING


def _any_of(parts: tuple[Filter, ...]) -> Filter:
    return EVERYTHING if EVERYTHING in parts else Or(parts)


def batches_of(wanted: Filter) -> frozenset[tuple[str, int]] | None:
    """Return the batches and hours that a filter by ids can select, None when any batch may match."""
    match wanted:
        case HasId(batch, hour, _):
            return frozenset({(batch, hour)})
        case And(parts):
            known = [found for part in parts if (found := batches_of(part)) is not None]
            return frozenset.intersection(*known) if known else None
        case Or(parts):
            asked = [batches_of(part) for part in parts]
            return None if None in asked else frozenset[tuple[str, int]]().union(*filter(None, asked))
        case _:
            return None


def both(first: Filter, second: Filter) -> Filter:
    """Return the filter of logs that both filters select."""
    return _all_of((first, second))


def without_time(wanted: Filter) -> Filter:
    """Return a filter without the part that `time_bounds` covers."""
    match wanted:
        case Within():
            return EVERYTHING
        case And(parts):
            return _all_of(tuple(map(without_time, parts)))
        case _:
            return wanted


def time_bounds(wanted: Filter) -> tuple[int | None, int | None]:
    """Return the inclusive bounds (low, high) in microseconds that a filter sets on the timestamp."""
    match wanted:
        case Within(low, high):
            return low, high
        case And(parts):
            bounds = [time_bounds(part) for part in parts]
            lows = [low for low, _ in bounds if low is not None]
            highs = [high for _, high in bounds if high is not None]
            return max(lows, default=None), min(highs, default=None)
        case _:
            return None, None
