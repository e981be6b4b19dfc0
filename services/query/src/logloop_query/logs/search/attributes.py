"""Evaluates a filter on attributes, which are JSON texts.

A regular expression over the raw text finds candidates. Only these are parsed and tested exactly.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from logloop_query.logs.search.language.attribute_fields import as_number
from logloop_query.logs.search.language.filter import (
    Attribute,
    AttributeEquals,
    AttributeMatches,
    AttributeWithin,
)
from logloop_query.logs.search.language.unicode_forms import CHANGEABLE, composed_value, is_composed, may_change
from logloop_query.logs.search.limits import regexes
from logloop_query.logs.search.limits.pace import Pace

_TEXTS_A_STEP = 1000
_FEW_TEXTS = 64
"""So few texts are tested sooner than the expression that finds candidates is compiled."""


def evaluate(leaf: Attribute, texts: Any, pace: Pace) -> Any:
    """Return a boolean array, or False, of the rows that a leaf selects.

    `texts` is a utf8 array with nulls, or a dictionary of such texts.
    """
    if isinstance(texts, pa.DictionaryArray):
        hits = evaluate(leaf, texts.dictionary, pace)
        return False if hits is False else pc.fill_null(hits.take(texts.indices), False)
    if texts.null_count == len(texts):
        return False
    if len(texts) <= _FEW_TEXTS:
        found = iter(_tested(leaf, texts.drop_null().to_pylist(), pace))
        return pa.array([valid and next(found) for valid in texts.is_valid().to_pylist()], pa.bool_())
    candidates = matching_texts(texts, candidate_pattern(leaf), pace)
    if not candidates.true_count:
        return False
    # Each distinct text is tested once: logs of one source often have the same attributes.
    distinct = pc.if_else(candidates, texts, pa.scalar(None, pa.utf8())).dictionary_encode()
    hits = pa.array(_tested_in_steps(leaf, distinct.dictionary, pace), pa.bool_())
    return pc.fill_null(hits.take(distinct.indices), False) if hits.true_count else False


def matching_texts(texts: Any, pattern: str, pace: Pace) -> Any:
    """Return in which JSON texts a pattern matches, and those that composing may change if it is not ASCII."""
    found = regexes.match(texts, pattern, pace)
    if not pattern.isascii() and may_change(texts):
        found = pc.or_(found, regexes.match(texts, CHANGEABLE, pace))
    return found


def in_steps(texts: Any, pace: Pace) -> Iterator[list[str]]:
    """Yield the texts of a utf8 array in small parts. Raises OutOfTime between two parts."""
    for start in range(0, len(texts), _TEXTS_A_STEP):
        pace.check()
        yield texts.slice(start, _TEXTS_A_STEP).to_pylist()


def _tested_in_steps(leaf: Attribute, texts: Any, pace: Pace) -> list[bool]:
    return [hit for part in in_steps(texts, pace) for hit in _tested(leaf, part, pace)]


def _tested(leaf: Attribute, texts: list[str], pace: Pace) -> list[bool]:
    look_up = lookup(leaf.path)
    values = [look_up(parsed(text)) for text in texts]
    if isinstance(leaf, AttributeMatches):
        return _matching(values, leaf.pattern, pace)
    test = _value_test(leaf)
    return [any(map(test, found)) for found in values]


def parsed(text: str) -> Any:
    """Return attributes with their texts in NFC. The JSON text itself is not composed, as it has escapes."""
    value = orjson.loads(text)
    return value if is_composed(text) else composed_value(value)


def lookup(path: str) -> Callable[[Any], list[Any]]:
    """Return `values_at` for one path, with a fast case for scalars that are one or two names deep."""
    first, dot, second = path.partition(".")

    def look_up(attributes: Any) -> list[Any]:
        inner = attributes.get(first)
        if dot and type(inner) is dict and "." not in second and path not in attributes:
            inner = inner.get(second)
        elif dot:
            return list(values_at(attributes, path))
        if inner is None:
            return []
        return list(_scalars(inner)) if type(inner) is list else [inner]

    return look_up


def values_at(attributes: Any, path: str) -> Iterator[Any]:
    """Yield every non-null value at a dotted path. Keys may contain dots; lists yield each element.

    `http.status` finds {"http": {"status": 1}}, {"http.status": 1} and {"http": [{"status": 1}]}.
    """
    if isinstance(attributes, list):
        for item in attributes:
            yield from values_at(item, path)
    elif isinstance(attributes, dict):
        if path in attributes:
            yield from _scalars(attributes[path])
        for end in (i for i, character in enumerate(path) if character == "."):
            inner = attributes.get(path[:end])
            if isinstance(inner, dict | list):
                yield from values_at(inner, path[end + 1 :])


def _scalars(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _scalars(item)
    elif value is not None:
        yield value


def key_pattern(path: str) -> str:
    """Return an RE2 pattern that matches the JSON text of every row with something at a path, and of some others.

    Whether names are nested or contain dots, the last one ends with the last piece of the path.
    """
    last = path.rpartition(".")[2]
    return re.escape(json.dumps(last, ensure_ascii=False)[1:-1]) + '":'


def candidate_pattern(leaf: Attribute) -> str:
    """Return an RE2 pattern that matches the JSON text of every selected row. Other rows may match too."""
    values = _candidate_values(leaf.value) if isinstance(leaf, AttributeEquals) else ""
    return key_pattern(leaf.path) + values


def _candidate_values(word: str) -> str:
    forms = [re.escape(json.dumps(word, ensure_ascii=False)), r"\["]
    number = as_number(word)
    if number is not None:
        # orjson and json.dumps both write a whole number below 1e16 as 500 or 500.0.
        whole = float(number).is_integer() and 0 < abs(number) < 1e15
        forms.append(rf"{int(number)}(?:\.0)?[,}}]" if whole else r"-?\d")
    if word in {"true", "false"}:
        forms.append(word)
    return f"(?:{'|'.join(forms)})"


def _value_test(leaf: Attribute) -> Any:
    match leaf:
        case AttributeEquals(_, word):
            number = as_number(word)
            return lambda value: _equals(value, word, number)
        case AttributeWithin():
            return lambda value: _lies_within(leaf, value)
        case _:
            return lambda _: True


def _equals(value: Any, word: str, number: float | None) -> bool:
    if isinstance(value, bool):
        return word == ("true" if value else "false")
    if isinstance(value, int | float):
        return number is not None and value == number
    return isinstance(value, str) and value == word


def _lies_within(leaf: AttributeWithin, value: Any) -> bool:
    kind: Any = str if isinstance(leaf.low, str) or isinstance(leaf.high, str) else (int, float)
    if not isinstance(value, kind) or isinstance(value, bool):
        return False
    if leaf.low is not None and not (value >= leaf.low if leaf.include_low else value > leaf.low):
        return False
    return leaf.high is None or bool(value <= leaf.high if leaf.include_high else value < leaf.high)


def _matching(values: list[list[Any]], pattern: str, pace: Pace) -> list[bool]:
    owners = [(row, scalar_text(value)) for row, found in enumerate(values) for value in found]
    owners = [(row, text) for row, text in owners if text is not None]
    hits = [False] * len(values)
    if owners:
        matched = regexes.match(pa.array([text for _, text in owners], pa.utf8()), pattern, pace)
        for (row, _), hit in zip(owners, matched.to_pylist(), strict=True):
            hits[row] = hits[row] or hit
    return hits


def scalar_text(value: Any) -> str | None:
    """Return a scalar as text: strings unchanged, numbers and booleans as JSON; None for an object."""
    if isinstance(value, str):
        return value
    return None if isinstance(value, dict) else orjson.dumps(value).decode()
