"""Reads logfmt: `key=value key="two words"`."""

from __future__ import annotations

import re
from typing import Any

from logloop.lines.parsed import Context, ParsedLine
from logloop.lines.structured.fields import from_fields

_NAME = r"[A-Za-z_@][\w.@/-]*+"
_QUOTED = r'[^"\\]*+(?:\\.[^"\\]*+)*+'
_PAIR = re.compile(rf'\s*+(?:({_NAME})=(?:"({_QUOTED})"|([^\s"]*+))(?=\s|\Z)|([\s\S]+))')
"""A pair, or all that remains when something else is there. Nothing is tried twice, however long the line is."""
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def parse_pairs(text: str, start: int = 0) -> dict[str, Any] | None:
    """Return the pairs from an index to the end of text; None when anything else is there."""
    text = text.rstrip()
    pairs = _PAIR.findall(text, start)
    if pairs and pairs[-1][3]:
        return None
    if "\\" in text:
        pairs = [(name, _unescape(quoted), bare, "") for name, quoted, bare, _ in pairs]
    fields: dict[str, Any] = {name: quoted or bare for name, quoted, bare, _ in pairs}
    if len(fields) == len(pairs):
        return fields
    fields = {}
    for name, quoted, bare, _ in pairs:
        add_field(fields, name, quoted or bare)
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
