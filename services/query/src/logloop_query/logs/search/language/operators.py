"""Reads the operators between the terms of a search: AND, OR, and the space, which is an AND."""

import re
from collections.abc import Iterator
from typing import Any

from luqum import tree as lucene
from luqum.exceptions import ParseError
from luqum.thread import parse

_WORDS = {
    "and": "write AND, or a space, to find logs with both terms",
    "or": "write OR to find logs with either term",
    "not": "write NOT, or - before a term, to leave logs out",
}
_A_WORD = re.compile(r"\b(?:and|or|not)\b", re.IGNORECASE)


def alternatives(item: Any) -> list[list[Any]]:
    """Return the alternatives of an operation, each as the terms that must all match.

    luqum parses `a OR b c` as (a OR b) c, because a space binds loosest there. Here it binds like AND.
    """
    if isinstance(item, lucene.OrOperation):
        return [[child] for child in item.children]
    if not isinstance(item, lucene.UnknownOperation):
        return [list(item.children)]
    found: list[list[Any]] = [[]]
    for child in item.children:
        first, *others = alternatives(child) if isinstance(child, lucene.OrOperation) else [[child]]
        found[-1] += first
        found += others
    return found


def hints(text: str) -> list[str]:
    """Return a hint for each operator that is written in lower case, and is thus searched as a word."""
    if not _A_WORD.search(text):
        return []
    try:
        root = parse(text)
    except (ParseError, ArithmeticError, ValueError):
        return []
    return list(dict.fromkeys(_hints(root)))


def _hints(item: Any) -> Iterator[str]:
    if isinstance(item, lucene.BaseOperation):
        terms = _terms(item)
        for index, term in enumerate(terms):
            if _is_misspelt(terms, index):
                yield f"{term.value!r} is searched as a word; {_WORDS[term.value.lower()]}"
    for child in item.children:
        yield from _hints(child)


def _terms(item: Any) -> list[Any]:
    """Return the terms of an operation in the order of the text."""
    return [term for child in item.children for term in (_terms(child) if _is_operation(child) else [child])]


def _is_operation(item: Any) -> bool:
    return isinstance(item, lucene.BaseOperation)


def _is_misspelt(terms: list[Any], index: int) -> bool:
    """Return whether a term is an operator in lower case, with a term after it and, unless it is `not`, before it."""
    term = terms[index]
    if not isinstance(term, lucene.Word) or term.value.lower() not in _WORDS:
        return False
    return index < len(terms) - 1 and (index > 0 or term.value.lower() == "not")
