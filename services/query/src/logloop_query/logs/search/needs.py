"""Finds what a segment must contain so that a search can find something in it.

A need is necessary, never sufficient. `None` stands for "nothing is known". The filters of segments
(`segments/filters/`) are tested against it.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from logloop_query.logs.search.language.attribute_fields import as_number
from logloop_query.logs.search.language.filter import (
    And,
    AttributeEquals,
    AttributeMatches,
    AttributePresent,
    AttributeWithin,
    Contains,
    Equals,
    Filter,
    HasWord,
    Matches,
    Or,
)
from logloop_query.logs.segments.filters.tokens import tokens_of
from logloop_query.logs.segments.trigrams import trigrams_of


@dataclass(frozen=True, slots=True)
class Words:
    """All these trigrams and tokens occur in the messages and attributes."""

    trigrams: tuple[int, ...] = ()
    tokens: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AllOf:
    """Each of these needs is met."""

    parts: tuple["Need", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of these needs is met."""

    parts: tuple["Need", ...]


Need: TypeAlias = Words | AllOf | AnyOf

_EXACT_BELOW = 1e15
"""JSON has a smaller whole number as its digits, perhaps with `.0` after them."""


def need_of(wanted: Filter) -> Need | None:
    """Return the need of a filter. Only messages and attributes count."""
    match wanted:
        case And(parts):
            known = [need for part in parts if (need := need_of(part)) is not None]
            return _all_of(known)
        case Or(parts):
            needs = [need_of(part) for part in parts]
            found = tuple(need for need in needs if need is not None)
            return AnyOf(found) if found and len(found) == len(needs) else None
        case Contains("message", text) | Matches("message", _, text):
            return _words(text, is_whole=False)
        case Equals("message", text) | HasWord("message", text):
            return _words(text, is_whole=True)
        case AttributeEquals(path, value):
            return _all_of(need for need in (_key(path), _value(value)) if need is not None)
        case AttributePresent(path) | AttributeMatches(path) | AttributeWithin(path):
            return _key(path)
        case _:
            return None


def _all_of(needs: Iterable[Need]) -> Need | None:
    parts = tuple(needs)
    return AllOf(parts) if len(parts) > 1 else parts[0] if parts else None


def _words(text: str, *, is_whole: bool, with_tokens: bool = True) -> Need | None:
    found = Words(trigrams_of(text), tuple(tokens_of(text, is_whole=is_whole)) if with_tokens else ())
    return found if found != Words() else None


def _key(path: str) -> Need | None:
    """The JSON text has the last piece of the path at the end of a key."""
    return _in_json(path.rpartition(".")[2])


def _in_json(text: str) -> Need | None:
    """Escapes keep letters together, but join a letter to the word after them: `\\n`."""
    return _words(text, is_whole=True, with_tokens=json.dumps(text, ensure_ascii=False)[1:-1] == text)


def _value(text: str) -> Need | None:
    number = as_number(text)
    if number is None:
        return _in_json(text)
    if isinstance(number, int) and abs(number) < _EXACT_BELOW and str(number) == text:
        return _words(text, is_whole=True)
    return None
