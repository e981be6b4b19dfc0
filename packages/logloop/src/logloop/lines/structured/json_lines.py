"""Reads JSON objects, one on a line. Programs with a shape of their own are in `producers`."""

from __future__ import annotations

import json
from typing import Any

from logloop.lines.parsed import Context, ParsedLine
from logloop.lines.structured.fields import from_fields
from logloop.lines.structured.logfmt import add_field
from logloop.lines.structured.producers import expand, find_producer


def parse_json(line: str, context: Context) -> ParsedLine | None:
    """Parse a JSON object; None for any other line."""
    fields = load_object(line)
    return None if fields is None else from_object(fields, line, context)


def load_object(line: str) -> dict[str, Any] | None:
    """Return the object that is the whole line; None for any other line."""
    text = line.strip()
    if not (text.startswith("{") and text.endswith("}")):
        return None
    try:
        fields, end = _decode(text)
    except (ValueError, RecursionError):
        return None
    return fields if end == len(text) and isinstance(fields, dict) else None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) == len(pairs):
        return fields
    fields = {}
    for name, value in pairs:
        add_field(fields, name, value)
    return fields


_decode = json.JSONDecoder(object_pairs_hook=_object, parse_constant=str).raw_decode


def from_object(fields: dict[str, Any], line: str, context: Context) -> ParsedLine:
    """Return the record of an object, or the first of several with the others in `more`."""
    several = expand(fields)
    if several:
        records = [_single(item, json.dumps(item, ensure_ascii=False), context) for item in several]
        records[0].more = records[1:]
        return records[0]
    return _single(fields, line, context)


def _single(fields: dict[str, Any], line: str, context: Context) -> ParsedLine:
    producer = find_producer(fields)
    if producer is None:
        return from_fields(fields, line, context, "json")
    return producer.read(fields, line, context)
