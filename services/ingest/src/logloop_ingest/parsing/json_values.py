"""Parses a body into plain JSON values, including JSON that is broken in ways that a log entry may be.

A strict parser comes first. The standard library parses what it rejects: it accepts lone surrogates, integers of any
size and NaN, so that a value can be sanitised or named in a violation instead of failing the whole request.
"""

import contextlib
import json
import math
from dataclasses import dataclass
from typing import Any

from logloop_chassis.http.problems import BadRequest, TooLarge
from pydantic_core import from_json

from logloop_ingest.parsing.content_types import BodyFormat

BLANK = b" \t\r\n\x1e"
"""What may surround a JSON text; 0x1e separates the records of application/json-seq."""
_MAX_64_BIT_DIGITS = 19
"""Integers with fewer digits always fit into 64 bits."""


@dataclass(frozen=True, slots=True)
class InvalidLine:
    """A line that is not JSON: the reason, and the line as it was sent."""

    reason: str
    line: bytes


def parse_values(body: bytes, form: BodyFormat, *, max_entries: int) -> list[Any]:
    """Return the JSON values of a trimmed body, with an InvalidLine for each line that is not JSON.

    Raises BadRequest when nothing in it is JSON, TooLarge for more than `max_entries` values.
    """
    is_array = body.startswith(b"[") and form != "lines"
    values = _parse_value(body) if is_array or b"\n" not in body else _parse_lines(body, max_entries)
    values = values if isinstance(values, list) else [values]
    if len(values) > max_entries:
        raise too_many_entries(max_entries)
    return values


def too_many_entries(max_entries: int) -> TooLarge:
    """Return the problem of a request with too many entries."""
    return TooLarge(f"a request may have {max_entries} entries; send several smaller requests")


def _parse_value(body: bytes) -> Any:
    try:
        return from_json(body, allow_inf_nan=False, cache_strings="keys")
    except ValueError:
        return parse_lenient(body)


def _parse_lines(body: bytes, max_entries: int) -> Any:
    with contextlib.suppress(ValueError):
        return from_json(body, allow_inf_nan=False)  # one value over several lines
    lines = [stripped for line in body.split(b"\n") if (stripped := line.strip(BLANK))]
    if isinstance(_parse_line(lines[0]), InvalidLine):
        # One value over several lines that only the lenient parser accepts, or a broken first line.
        with contextlib.suppress(BadRequest):
            return parse_lenient(body)
    if len(lines) > max_entries:
        raise too_many_entries(max_entries)
    entries = [_parse_line(line) for line in lines]
    if all(isinstance(entry, InvalidLine) for entry in entries):
        raise BadRequest(f"no line is JSON; the first: {entries[0].reason}")
    return entries


def _parse_line(line: bytes) -> Any:
    try:
        return parse_lenient(line)
    except BadRequest as error:
        return InvalidLine(str(error), line)


def parse_lenient(body: bytes) -> Any:
    """Parse JSON with the standard library.

    Wrong UTF-8 becomes U+FFFD, an integer of more than 64 bits becomes a string, and lone surrogates, NaN and
    Infinity are kept. Raises BadRequest with the position of an error.
    """
    try:
        return json.loads(body.decode("utf-8", "replace"), parse_int=_integer, parse_constant=_constant)
    except json.JSONDecodeError as error:
        raise BadRequest(f"not JSON: {error.msg} at line {error.lineno} column {error.colno}") from None
    except RecursionError:
        raise BadRequest("the JSON is nested hundreds of levels deep; flatten it") from None


def _integer(digits: str) -> int | str:
    if len(digits) < _MAX_64_BIT_DIGITS:
        return int(digits)
    # Converting a text of n digits takes quadratic time, so longer ones are not converted.
    return digits if len(digits) > _MAX_64_BIT_DIGITS + 1 else in_64_bits(int(digits))


def in_64_bits(number: int) -> int | str:
    """Return the integer, or its digits when it needs more than 64 bits."""
    return number if -(2**63) <= number < 2**64 else str(number)


def _constant(name: str) -> float:
    return math.nan if name == "NaN" else math.inf
