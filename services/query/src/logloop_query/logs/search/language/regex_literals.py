"""Finds what is certain of every match of a regular expression: a text in it, and that its neighbours do not matter.

RE2 has no such function. Python's parser reads what both dialects share, and nothing is claimed of other expressions.
"""

import functools
import re
import warnings
from collections.abc import Iterable
from re import _constants as codes
from re import _parser as parser
from typing import Any

_ELSEWHERE = re.compile(r"\[:|\\[0-9]|\{,")
"""Classes, escapes and repetitions that RE2 reads in another way."""
_CERTAIN = re.compile(r"[ -:<-_a-~]+")
"""ASCII without `;` and a backquote, which composing may make from other characters."""


def literal_in(pattern: str) -> str:
    """Return the longest known text that each match of an RE2 pattern contains, ignoring case. It may be empty."""
    items = _parsed(pattern)
    return max((piece for text in _texts(items or ()) for piece in _CERTAIN.findall(text)), key=len, default="")


def _texts(items: Iterable[Any]) -> list[str]:
    """Return texts that each match of a sequence contains."""
    found, current = [], ""
    for kind, value in items:
        if kind is codes.LITERAL:
            current += chr(value)
            continue
        if kind is codes.AT:
            continue
        found.append(current)
        current = ""
        if kind is codes.SUBPATTERN:
            found += _texts(value[3])
        elif kind in {codes.MAX_REPEAT, codes.MIN_REPEAT} and value[0] > 0:
            found += _texts(value[2])
    return [*found, current]


@functools.lru_cache(maxsize=1024)
def ignores_neighbours(pattern: str) -> bool:
    """Return whether a text that contains a match certainly matches, whatever stands around the match.

    So it is without `^`, `$`, `\\b` and the like.
    """
    items = _parsed(pattern)
    return items is not None and _is_free(items)


def _is_free(items: Iterable[Any]) -> bool:
    return all(_is_free_item(kind, value) for kind, value in items)


def _is_free_item(kind: Any, value: Any) -> bool:
    if kind is codes.SUBPATTERN:
        return _is_free(value[3])
    if kind is codes.BRANCH:
        return all(map(_is_free, value[1]))
    if kind in {codes.MAX_REPEAT, codes.MIN_REPEAT}:
        return _is_free(value[2])
    return kind in {codes.LITERAL, codes.NOT_LITERAL, codes.ANY, codes.IN}


def _parsed(pattern: str) -> Iterable[Any] | None:
    """Return the items of a pattern that Python and RE2 read alike, else None."""
    if _ELSEWHERE.search(pattern):
        return None
    try:
        with warnings.catch_warnings(action="error"):
            return parser.parse(pattern)  # type: ignore[no-any-return]  # a private module without types
    except (re.error, Warning, RecursionError, OverflowError):
        return None
