"""The filter that a search text means: one immutable tree that every use of a search shares.

It must not read logs; `kernels` evaluates it on Arrow columns.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

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
    """Logs that a part does not select, those without the field included."""

    part: "Filter"


@dataclass(frozen=True, slots=True)
class Equals:
    """The column is exactly this text."""

    column: TextColumn
    value: str


@dataclass(frozen=True, slots=True)
class Contains:
    """The column holds this text somewhere, upper and lower case being the same."""

    column: TextColumn
    value: str


@dataclass(frozen=True, slots=True)
class Matches:
    """An RE2 pattern is found somewhere in the column. `needle` is a text that every match holds, in any case."""

    column: TextColumn
    pattern: str
    needle: str = ""


@dataclass(frozen=True, slots=True)
class Present:
    """The log has this field."""

    column: TextColumn


@dataclass(frozen=True, slots=True)
class Within:
    """The timestamp lies in [low, high], microseconds since 1970, both included."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class HasId:
    """The one log with this id."""

    batch: str
    hour: int
    row: int


@dataclass(frozen=True, slots=True)
class AttributePresent:
    """An attribute path leads to a value other than null."""

    path: str


@dataclass(frozen=True, slots=True)
class AttributeEquals:
    """A value at the path equals the word: as text, as number or as true and false, whichever the value is."""

    path: str
    value: str


@dataclass(frozen=True, slots=True)
class AttributeMatches:
    """An RE2 pattern is found in the text of a scalar at the path."""

    path: str
    pattern: str


@dataclass(frozen=True, slots=True)
class AttributeWithin:
    """A value at the path lies between two bounds: numbers with numeric bounds, else texts by code point."""

    path: str
    low: float | str | None
    high: float | str | None
    include_low: bool = True
    include_high: bool = True


Attribute: TypeAlias = AttributePresent | AttributeEquals | AttributeMatches | AttributeWithin
Leaf: TypeAlias = Equals | Contains | Matches | Present | Within | HasId | Attribute
Filter: TypeAlias = Everything | And | Or | Not | Leaf

EVERYTHING = Everything()
NOTHING = Or(())


def columns_of(leaf: Leaf) -> frozenset[str]:
    """Columns of a log batch that a leaf reads."""
    match leaf:
        case Equals(column=column) | Contains(column=column) | Matches(column=column) | Present(column=column):
            return frozenset({column})
        case Within():
            return frozenset({"timestamp"})
        case HasId():
            return frozenset({"batch", "row"})
        case _:
            return frozenset({"attributes"})


def needed_columns(wanted: Filter) -> frozenset[str]:
    """Columns that evaluating a filter reads."""
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
    """A filter over the `known` columns alone that selects at least the logs of `wanted`.

    A leaf on another column may or may not hold, under a negation too, so it becomes Everything.
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
            if not columns_of(wanted) <= known:
                return EVERYTHING
            return Not(wanted) if negated else wanted


def _all_of(parts: tuple[Filter, ...]) -> Filter:
    kept = tuple(part for part in parts if part != EVERYTHING)
    return And(kept) if kept else EVERYTHING


def _any_of(parts: tuple[Filter, ...]) -> Filter:
    return EVERYTHING if EVERYTHING in parts else Or(parts)


def batches_of(wanted: Filter) -> frozenset[tuple[str, int]] | None:
    """The only batches and hours whose logs a filter can select, by the ids it asks for; None: any may."""
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
    """Logs that both filters select."""
    return _all_of((first, second))


def without_time(wanted: Filter) -> Filter:
    """The rest of a filter whose `time_bounds` are kept elsewhere."""
    match wanted:
        case Within():
            return EVERYTHING
        case And(parts):
            return _all_of(tuple(map(without_time, parts)))
        case _:
            return wanted


def time_bounds(wanted: Filter) -> tuple[int | None, int | None]:
    """Bounds on the timestamp that follow from a filter, (low, high) in microseconds, both included."""
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
