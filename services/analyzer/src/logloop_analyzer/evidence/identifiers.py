"""Reads trace, span and request ids, and the places in the source, from log lines.

The expressions run on RE2 (in Arrow), in linear time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

_HEAD = 400
"""Number of characters of a message in which ids and statements are looked for."""
_VALUE = r"(?P<found>[0-9A-Za-z][0-9A-Za-z._-]{3,127})"
_ZEROS = r"^[0.-]*$"
"""What a service without tracing often writes as an id."""
_SEPARATOR = r"""["']?\s{0,2}[:=]\s{0,2}["']?"""
_STATEMENT = (
    r"""(?:^|[\s(\["'])(?P<found>[\w$./<>-]*\w"""
    r"(?:#\d{1,6}|\.(?:py|java|kt|scala|go|js|ts|rb|rs|c|cc|cpp|cs|php):\d{1,6}))\b"
)


def _attribute(names: str) -> str:
    return rf'"(?:{names})":"(?P<found>[^"\\]+)"'


def _text(words: str) -> str:
    return rf"(?i)\b(?:{words}){_SEPARATOR}{_VALUE}"


_TRACE = (_attribute(r"trace(?:_id|I[dD]|\.id)|TraceI[dD]"), _text(r"trace[_. -]?id"))
_REQUEST = (
    _attribute(r"(?:request|correlation)(?:_id|I[dD]|\.id)"),
    _text(r"(?:request|req|correlation)[_. -]?id"),
)
_SPAN = (_attribute(r"span(?:_id|I[dD]|\.id)|SpanI[dD]"), _text(r"span[_. -]?id"))


@dataclass(frozen=True)
class Identifiers:
    """Text columns with one value per row, null where a line names none."""

    traces: pa.Array
    """Trace id, or request id if the line has no trace id."""
    spans: pa.Array
    statements: pa.Array
    """The statement that wrote a line, `file.py:42` or `Class#123`, from its function id or its message."""


def read_identifiers(messages: pa.Array, attributes: pa.Array, functions: pa.Array) -> Identifiers:
    """Return the identifiers of lines. Attributes win over the text of a message."""
    heads = pc.utf8_slice_codeunits(messages, 0, _HEAD)
    return Identifiers(
        _first([(_TRACE[0], attributes), (_TRACE[1], heads), (_REQUEST[0], attributes), (_REQUEST[1], heads)]),
        _first([(_SPAN[0], attributes), (_SPAN[1], heads)]),
        _first([(_STATEMENT, functions), (_STATEMENT, heads)]),
    )


def _first(sources: Sequence[tuple[str, pa.Array]]) -> pa.Array:
    """Return what the first expression that matches finds in its text. A value of zeros is none."""
    found = pa.nulls(len(sources[0][1]), pa.utf8())
    for expression, texts in sources:
        if not found.null_count:
            break
        missing = pc.if_else(pc.is_null(found), texts, None)
        values = pc.struct_field(pc.extract_regex(missing, expression), "found")
        found = pc.coalesce(found, pc.if_else(pc.match_substring_regex(values, _ZEROS), None, values))
    return found
