"""The exact check of one entry: what is wrong with it, or its row with bad values mended.

It must not know requests or columns. Slow (some 5 µs an entry) beside `columns`, which hands over to it
whatever is out of the ordinary.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from logloop_contracts.log_entry import (
    PROJECT_ID_PATTERN,
    SERVICE_ID_PATTERN,
    SEVERITY_TEXT_ATTRIBUTE,
    Severity,
    parse_severity,
)

from logloop_ingest.limits import MAX_PROJECTS, Limits
from logloop_ingest.parsing.json_values import Unreadable, fitting

FIELDS = frozenset(
    {
        "project_id",
        "service_id",
        "test_id",
        "func_id",
        "message",
        "severity",
        "timestamp",
        "source",
        "attributes",
    }
)
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PROJECT = re.compile(PROJECT_ID_PATTERN.removesuffix("$"))
_SERVICE = re.compile(SERVICE_ID_PATTERN.removesuffix("$"))
_TIMESTAMP = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d+))?([Zz]|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)
_MAX_FAULTS = 10


class Row(NamedTuple):
    """A checked entry without its project. `timestamp` is microseconds since 1970, `attributes` JSON text."""

    timestamp: int
    severity: str
    service_id: str
    test_id: str | None
    func_id: str | None
    source: str | None
    message: str
    attributes: str | None


class Fault(NamedTuple):
    """One thing wrong with an entry. `code` is a constant word for metrics."""

    field: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What entries of one request are checked against.

    `refusals` has each project that the request names: None when the caller may write there.
    """

    limits: Limits
    now_us: int
    default_project: str | None
    refusals: Mapping[str, Fault | None] = field(default_factory=dict)

    @property
    def latest_us(self) -> int:
        """Latest timestamp that is believed, in microseconds since 1970."""
        return self.now_us + self.limits.future_s * 1_000_000


class _Wrong(Exception):
    """A value is wrong; the code and reason of the fault."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def check(entry: Any, rules: Rules) -> tuple[str, Row] | list[Fault]:
    """The project and row of an entry, or everything that is wrong with it."""
    if isinstance(entry, Unreadable):
        return [Fault("entry", "not_json", entry.reason)]
    if not isinstance(entry, dict):
        return [Fault("entry", "not_an_object", "an entry must be a JSON object")]
    faults = _unknown_fields(entry) if entry.keys() - FIELDS else []
    values: dict[str, Any] = {}
    for name, read in _READERS.items():
        try:
            values[name] = read(entry.get(name), rules)
        except _Wrong as wrong:
            faults.append(Fault(name, wrong.code, str(wrong)))
    if faults:
        return faults
    project_id = values.pop("project_id")
    values["attributes"] = attributes_json(with_severity_text(values["attributes"], entry["severity"]))
    row = Row(**values)
    if sum(len(value.encode()) for value in row[1:] if value) > rules.limits.entry_bytes:
        return [too_large_entry(rules.limits)]
    return project_id, row


def _unknown_fields(entry: dict[str, Any]) -> list[Fault]:
    names = sorted(mended(name) for name in entry.keys() - FIELDS)
    return [
        Fault(name[:80], "unknown_field", "no field of a log entry; put further fields into attributes")
        for name in names[:_MAX_FAULTS]
    ]


def too_large_entry(limits: Limits) -> Fault:
    """The fault of an entry over the limit."""
    return Fault("entry", "too_large", f"an entry may have {limits.entry_bytes} bytes; move large parts elsewhere")


def mended(text: str) -> str:
    """The text with what cannot be stored or shown, NUL and lone surrogates, as U+FFFD."""
    if "\0" in text:
        text = text.replace("\0", REPLACEMENT)
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _text(value: Any) -> str:
    if value is None:
        raise _Wrong("missing", "is required")
    if not isinstance(value, str):
        raise _Wrong("wrong_type", "must be a string")
    return mended(value)


def _project(value: Any, rules: Rules) -> str:
    if value is None:
        if rules.default_project is None:
            raise _Wrong("missing", "is required, for the caller is not bound to one project")
        value = rules.default_project
    name = _text(value)
    if not is_project_id(name):
        raise _Wrong("bad_project", "must be 1 to 63 of a-z, 0-9 and '-', and not begin with '-'")
    if name not in rules.refusals:
        raise _Wrong("too_many_projects", f"is one too many: a request may name {MAX_PROJECTS} projects")
    refusal = rules.refusals[name]
    if refusal is not None:
        raise _Wrong(refusal.code, refusal.reason)
    return name


def is_project_id(name: str) -> bool:
    """Whether a project could be called so."""
    return _PROJECT.fullmatch(name) is not None


@lru_cache(maxsize=4096)
def is_service_id(name: str) -> bool:
    """Whether a service could be called so."""
    return _SERVICE.fullmatch(name) is not None


def _service(value: Any, _: Rules) -> str:
    name = _text(value)
    if not is_service_id(name):
        raise _Wrong(
            "bad_service", "must be 1 to 128 of letters, digits and . _ : / @ -, beginning with a letter or digit"
        )
    return name


def _reference(value: Any, rules: Rules) -> str | None:
    if value is None:
        return None
    name = _text(value)
    if not 1 <= len(name) <= rules.limits.reference_length:
        raise _Wrong(
            "bad_length", f"must have 1 to {rules.limits.reference_length} characters; leave it out if unknown"
        )
    return name


def _message(value: Any, rules: Rules) -> str:
    message = _text(value)
    if len(message) * 4 > rules.limits.message_bytes and len(message.encode()) > rules.limits.message_bytes:
        raise _Wrong("too_large", f"may have {rules.limits.message_bytes} bytes of UTF-8; split it")
    return message


def _severity(value: Any, _: Rules) -> str:
    try:
        return parse_severity(_text(value)).value
    except ValueError:
        raise _Wrong("bad_severity", "must be debug, info, warn or error, or a usual alias of them") from None


def _timestamp(value: Any, rules: Rules) -> int:
    text = _text(value)
    micros = parse_timestamp(text)
    if micros < 0:
        raise _Wrong("too_old", "must not lie before 1970")
    if micros > rules.latest_us:
        raise _Wrong("in_the_future", f"is more than {rules.limits.future_s} s ahead of our clock; set yours")
    return micros


def parse_timestamp(text: str) -> int:
    """Microseconds since 1970 of an RFC 3339 time; finer digits are cut off. Raises when it has no offset."""
    found = _TIMESTAMP.fullmatch(text)
    if found is None:
        raise _Wrong("bad_timestamp", "must be RFC 3339, such as 2026-11-22T10:00:00.123456Z")
    day, clock, fraction, offset = found.groups()
    if offset is None:
        raise _Wrong("no_offset", "needs an offset: end it with Z or +01:00")
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{'Z' if offset in 'Zz' else offset}")
        micros = (moment - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):
        raise _Wrong("bad_timestamp", "is no such day, time or offset") from None
    return micros + int((fraction or "0")[:6].ljust(6, "0"))


def _attributes(value: Any, rules: Rules) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _Wrong("wrong_type", "must be a JSON object")
    if len(value) > rules.limits.attribute_keys:
        raise _Wrong("too_many_keys", f"may have {rules.limits.attribute_keys} keys")
    fixed: dict[str, Any] = _fixed(value, rules.limits.attribute_depth)
    return fixed


def _fixed(value: Any, depth: int) -> Any:
    """A JSON value that can be stored, `depth` further levels at most."""
    if isinstance(value, str):
        return mended(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return fitting(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise _Wrong("not_a_number", "holds NaN or a number too large to be one; send text or null")
        return value
    if depth == 0:
        raise _Wrong("too_deep", "is nested too deeply; flatten it")
    if isinstance(value, list):
        return [_fixed(item, depth - 1) for item in value]
    return {mended(key): _fixed(item, depth - 1) for key, item in value.items()}


def with_severity_text(attributes: dict[str, Any], word: str) -> dict[str, Any]:
    """The attributes with the sender's own severity word, if that was an alias."""
    if word.strip().lower() in _CANONICAL:
        return attributes
    return {SEVERITY_TEXT_ATTRIBUTE: mended(word.strip()), **attributes}


def attributes_json(attributes: dict[str, Any]) -> str | None:
    """Compact JSON text with sorted keys, None when there are none. The values must have been mended."""
    return orjson.dumps(attributes, option=orjson.OPT_SORT_KEYS).decode() if attributes else None


_CANONICAL = frozenset(severity.value for severity in Severity)
_READERS: dict[str, Callable[[Any, Rules], Any]] = {
    "project_id": _project,
    "timestamp": _timestamp,
    "severity": _severity,
    "service_id": _service,
    "test_id": _reference,
    "func_id": _reference,
    "source": _reference,
    "message": _message,
    "attributes": _attributes,
}
