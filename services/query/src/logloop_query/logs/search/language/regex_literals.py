"""Finds a text that every match of a regular expression contains.

RE2 has no such function. Python's parser reads what both dialects share, and nothing is claimed of other expressions.
"""

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
    if _ELSEWHERE.search(pattern):
        return ""
    try:
        with warnings.catch_warnings(action="error"):
            items = parser.parse(pattern)
    except (re.error, Warning, RecursionError, OverflowError):
        return ""
    return max((piece for text in _texts(items) for piece in _CERTAIN.findall(text)), key=len, default="")


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
