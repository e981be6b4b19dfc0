"""Reads the JSON objects of a body: one, an array, one on each line, or one right after the other."""

import contextlib
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson
from logloop_chassis.http.problems import BadRequest

from logloop_ingest.limits import Limits
from logloop_ingest.parsing.entries import Entries
from logloop_ingest.parsing.json_values import BLANK, InvalidLine, too_many_entries
from logloop_ingest.parsing.translated_entries import TranslatedEntry, entries_of
from logloop_ingest.protocols.translation.documents import DocumentEntry

_BOM = b"\xef\xbb\xbf"
_BLANKS = re.compile(r"[ \t\r\n\x1e]*")
_MAX_64_BIT_DIGITS = 18


class NoData(BadRequest):
    """The body is empty."""


def objects_of(body: bytes, limits: Limits) -> list[dict[str, Any] | InvalidLine]:
    """Return the objects of a body in order, with an InvalidLine for each value or line that is no JSON object.

    Raises NoData for a blank body, BadRequest when nothing in it is JSON, TooLarge for too many values.
    """
    body = body.removeprefix(_BOM).strip(BLANK)
    if not body:
        raise NoData("the body is empty; send at least one log")
    values = _values(body, limits.entries)
    if len(values) > limits.entries:
        raise too_many_entries(limits.entries)
    if values and all(isinstance(value, InvalidLine) for value in values):
        raise BadRequest(values[0].reason)
    return [
        value if isinstance(value, dict | InvalidLine) else InvalidLine("a log must be a JSON object", b"")
        for value in values
    ]


def entries_of_objects(
    body: bytes, limits: Limits, make: Callable[[dict[str, Any]], DocumentEntry | InvalidLine]
) -> Entries:
    """Return the entries that `make` makes of the objects of a body. Raises what `objects_of` raises."""
    entries: list[TranslatedEntry | InvalidLine] = []
    has_times = True
    for document in objects_of(body, limits):
        made = document if isinstance(document, InvalidLine) else make(document)
        if isinstance(made, InvalidLine):
            entries.append(made)
        else:
            has_times = has_times and made.has_time
            entries.append(made.entry)
    return entries_of(entries, max_entries=limits.entries, has_times=has_times)


def object_of(text: bytes | str) -> dict[str, Any] | None:
    """Return a JSON object, None if the text is none."""
    with contextlib.suppress(orjson.JSONDecodeError):
        value = orjson.loads(text)
        return value if isinstance(value, dict) else None
    return None


def add_values(document: dict[str, Any], values: Mapping[str, Any], prefix: str) -> None:
    """Add values to a document in place. A name that the document has already gets the prefix."""
    for name, value in values.items():
        document[f"{prefix}.{name}" if name in document else name] = value


def _values(body: bytes, max_entries: int) -> list[Any]:
    with contextlib.suppress(orjson.JSONDecodeError):
        value = orjson.loads(body)
        return value if isinstance(value, list) else [value]
    lines = [line for line in body.split(b"\n") if line.strip(BLANK)]
    with contextlib.suppress(orjson.JSONDecodeError):
        if 1 < len(lines) <= max_entries:
            return [orjson.loads(line.strip(BLANK)) for line in lines]
    values: list[Any] = []
    for value in _sequence(body.decode("utf-8", "replace")):
        values.append(value)
        if len(values) > max_entries:
            raise too_many_entries(max_entries)
    return values


def _sequence(text: str) -> Iterator[Any]:
    """Yield values that follow each other. From the first error on, a value ends with its line."""
    position = 0
    try:
        while position < len(text):
            value, position = _decoded(text, position)
            if position == len(text) and isinstance(value, list):
                yield from value
            else:
                yield value
    except _Unreadable:
        for line in text[position:].split("\n"):
            yield from _line(line)


def _line(line: str) -> Iterator[Any]:
    found = _BLANKS.match(line)
    position = 0 if found is None else found.end()
    while position < len(line):
        try:
            value, position = _decoded(line, position)
        except _Unreadable as error:
            yield InvalidLine(str(error), line.encode("utf-8", "replace"))
            return
        yield value


class _Unreadable(Exception):
    """The text is not JSON from here on."""


def _decoded(text: str, position: int) -> tuple[Any, int]:
    """Return the value at a position, and the position of the next one."""
    try:
        value, end = _DECODER.raw_decode(text, position)
    except json.JSONDecodeError as error:
        raise _Unreadable(f"not JSON: {error.msg} at line {error.lineno} column {error.colno}") from None
    except RecursionError:
        raise _Unreadable("the JSON is nested hundreds of levels deep; flatten it") from None
    found = _BLANKS.match(text, end)
    return value, end if found is None else found.end()


def _integer(digits: str) -> int | str:
    # Converting a text of n digits takes quadratic time, and Arrow has no integers of more than 64 bits.
    return int(digits) if len(digits) <= _MAX_64_BIT_DIGITS else digits


def _float(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits


_DECODER = json.JSONDecoder(parse_int=_integer, parse_float=_float, parse_constant=str)
"""Accepts what a log may have and JSON may not: lone surrogates, long integers and NaN, which become texts."""
