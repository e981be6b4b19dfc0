"""Reads logfmt: `key=value key="two words"`."""

from __future__ import annotations

import re
from typing import Any

from logloop.lines.parsed import Context, ParsedLine
from logloop.lines.structured.fields import from_fields

_PAIR = re.compile(r'\s*([A-Za-z_@][\w.@/-]*)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))(?=\s|$)')
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def parse_pairs(text: str, start: int = 0) -> dict[str, Any] | None:
    """Return the pairs from an index to the end of text; None when anything else is there."""
    fields: dict[str, Any] = {}
    position, text = start, text.rstrip()
    next_pair = _PAIR.scanner(text, start).match  # type: ignore[attr-defined]  # not in typeshed; much faster
    while position < len(text):
        match = next_pair()
        if match is None:
            return None
        name, quoted, bare = match.groups()
        value = bare if quoted is None else _unescape(quoted)
        if name in fields:
            add_field(fields, name, value)
        else:
            fields[name] = value
        position = match.end()
    return fields


def add_field(fields: dict[str, Any], name: str, value: Any) -> None:
    """Add a value. The values of a name that occurs again are kept as a list."""
    if name not in fields:
        fields[name] = value
    elif isinstance(fields[name], list):
        fields[name].append(value)
    else:
        fields[name] = [fields[name], value]


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match.group(1), match.group(1)), text, flags=re.DOTALL)


def parse_logfmt(line: str, context: Context) -> ParsedLine | None:
    """Parse a line of at least two pairs; None for any other line."""
    fields = parse_pairs(line) if "=" in line else None
    return from_fields(fields, line, context, "logfmt") if fields and len(fields) >= 2 else None
