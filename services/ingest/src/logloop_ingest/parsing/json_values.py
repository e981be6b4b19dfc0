"""Bodies become entries: one JSON object, an array, or one object a line (NDJSON).

It must not judge the entries. Many of them are parsed straight into objects with typed fields, at half the cost of
dicts; whatever that refuses is read as plain JSON, and what is no clean JSON once more by the standard library,
which also takes lone surrogates, endless integers and NaN, so that they can be mended or named.
"""

import contextlib
import json
import math
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from logloop_chassis.http.problems import BadRequest, TooLarge, UnsupportedMedia
from pydantic_core import from_json

Form = Literal["json", "lines", "any"]

_JSON_TYPES = frozenset({"application/json", "text/json"})
_LINES_TYPES = frozenset(
    {
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/x-jsonl",
        "application/jsonlines",
        "application/x-jsonlines",
        "application/json-lines",
        "application/json-seq",
    }
)
# curl -d says form-urlencoded unless told otherwise; no form is read here, so what counts is the body.
_UNSAID_TYPES = frozenset({"", "text/plain", "application/octet-stream", "application/x-www-form-urlencoded"})

_BLANK = b" \t\r\n\x1e"
_BOM = b"\xef\xbb\xbf"
_COMPRESSED = ((b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"))
_MAX_DIGITS = 19
_COUNT_FROM = 4 * 2**20
_MAX_VALUES = 1_000_000
_MANY = 12
"""From this many entries on, columns are quicker than looking at each."""
_MANY_FROM_BYTES = 100 * _MANY


class CleanEntry(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """An entry without unknown fields whose values are of the right JSON types. What they hold is not checked."""

    service_id: str
    message: str
    severity: str
    timestamp: str
    project_id: str | None = None
    test_id: str | None = None
    func_id: str | None = None
    source: str | None = None
    attributes: dict[str, Any] | None = None


_AN_ARRAY = msgspec.json.Decoder(list[CleanEntry])
_A_LINE_EACH = msgspec.json.Decoder(CleanEntry)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that is no JSON: the reason, and the line as it came."""

    reason: str
    line: bytes


def form_of(content_type: str) -> Form:
    """What a Content-Type header announces. Raises UnsupportedMedia for anything but JSON in UTF-8."""
    if content_type == "application/json":  # by far the most frequent
        return "json"
    kind, _, parameters = content_type.partition(";")
    kind = kind.strip().lower()
    charset = parameters.lower().partition("charset=")[2].partition(";")[0].strip().strip('"')
    if charset not in {"", "utf-8", "utf8", "us-ascii"}:
        raise UnsupportedMedia(f"charset {charset[:40]!r} is not read here; send UTF-8")
    if kind in _JSON_TYPES or (kind.startswith("application/") and kind.endswith("+json")):
        return "json"
    if kind in _LINES_TYPES:
        return "lines"
    if kind in _UNSAID_TYPES:
        return "any"
    raise UnsupportedMedia(
        f"Content-Type {kind[:80]!r} is not read here; use application/json or application/x-ndjson"
    )


def decode_clean(body: bytes, form: Form, *, max_entries: int) -> list[CleanEntry]:
    """Entries of a body in their order, if it holds many and all of them are clean; else none, and `decode` is due.

    Raises BadRequest and TooLarge as `decode` does.
    """
    if len(body) < _MANY_FROM_BYTES:
        return []
    body, start = _beginning(body)
    try:
        if start == b"[" and form != "lines":
            entries = _AN_ARRAY.decode(body)
        elif start == b"{":
            entries = _A_LINE_EACH.decode_lines(body)
        else:
            return []
    except (ValueError, RecursionError):
        return []
    if len(entries) > max_entries:
        raise _too_many(max_entries)
    return entries if len(entries) >= _MANY else []


def decode(body: bytes, form: Form, *, max_entries: int) -> list[Any]:
    """Entries of a body in their order: any JSON value, or Unreadable for a line that is none.

    Raises BadRequest when nothing of it is JSON, TooLarge for more than `max_entries` entries or far too many values.
    """
    body, start = _beginning(body)
    if start == b"[" and form != "lines":
        entries = _array(body)
    elif b"\n" in body:
        entries = _lines(body, max_entries)
    else:
        parsed = _value(body)
        entries = parsed if isinstance(parsed, list) else [parsed]
    if len(entries) > max_entries:
        raise _too_many(max_entries)
    return entries


def _beginning(body: bytes) -> tuple[bytes, bytes]:
    """The body without what may stand around JSON, and its first byte."""
    body = body.removeprefix(_BOM).strip(_BLANK)
    start = body[:1]
    if start not in {b"{", b"["}:
        raise BadRequest(_not_json(body))
    if len(body) > _COUNT_FROM:
        _refuse_floods(body)
    return body, start


def _not_json(body: bytes) -> str:
    if not body:
        return "the body is empty; send a log entry, an array of them, or one a line"
    for magic, name in _COMPRESSED:
        if body.startswith(magic):
            return f"the body looks like {name}; say so with 'Content-Encoding: {name}'"
    return "the body is no JSON in UTF-8; it must begin with { or ["


def _too_many(max_entries: int) -> TooLarge:
    return TooLarge(f"a request may have {max_entries} entries; send several smaller ones")


def _refuse_floods(body: bytes) -> None:
    """Millions of tiny values take a hundred times their JSON in memory; refuse them before they are parsed."""
    if max(body.count(b"{"), body.count(b"["), body.count(b'":')) > _MAX_VALUES:
        raise TooLarge(f"a request may hold {_MAX_VALUES} JSON values; send several smaller ones")


def _array(body: bytes) -> list[Any]:
    parsed = _value(body)
    if not isinstance(parsed, list):  # pragma: no cover  # it begins with a bracket
        raise BadRequest("the body is no JSON array")
    return parsed


def _value(body: bytes) -> Any:
    try:
        return from_json(body, allow_inf_nan=False, cache_strings="keys")
    except ValueError:
        return read_exactly(body)


def _lines(body: bytes, max_entries: int) -> list[Any]:
    try:
        whole = from_json(body, allow_inf_nan=False)
    except ValueError:
        return _line_by_line(body, max_entries)
    return whole if isinstance(whole, list) else [whole]


def _line_by_line(body: bytes, max_entries: int) -> list[Any]:
    lines = [stripped for line in body.split(b"\n") if (stripped := line.strip(_BLANK))]
    if isinstance(_line(lines[0]), Unreadable):
        # One value over several lines, with something the quick parser refuses; or the first line is broken.
        with contextlib.suppress(BadRequest):
            whole = read_exactly(body)
            return whole if isinstance(whole, list) else [whole]
    if len(lines) > max_entries:
        raise _too_many(max_entries)
    entries = [_line(line) for line in lines]
    if all(isinstance(entry, Unreadable) for entry in entries):
        raise BadRequest(f"no line is JSON; the first: {entries[0].reason}")
    return entries


def _line(line: bytes) -> Any:
    try:
        return read_exactly(line)
    except BadRequest as error:
        return Unreadable(str(error), line)


def read_exactly(body: bytes) -> Any:
    """Parse JSON that may have lone surrogates, wrong UTF-8 (both become U+FFFD), NaN (kept as a float) or
    integers of more than 64 bits (become strings). Raises BadRequest that tells where it is wrong."""
    try:
        return json.loads(body.decode("utf-8", "replace"), parse_int=_integer, parse_constant=_constant)
    except json.JSONDecodeError as error:
        raise BadRequest(f"not JSON: {error.msg} at line {error.lineno} column {error.colno}") from None
    except RecursionError:
        raise BadRequest("not read: it is nested hundreds of levels deep") from None


def _integer(digits: str) -> int | str:
    if len(digits) < _MAX_DIGITS:
        return int(digits)
    return digits if len(digits) > _MAX_DIGITS + 1 else fitting(int(digits))


def fitting(number: int) -> int | str:
    """The integer, or its digits when it needs more than 64 bits."""
    return number if -(2**63) <= number < 2**64 else str(number)


def _constant(name: str) -> float:
    return math.nan if name == "NaN" else math.inf
