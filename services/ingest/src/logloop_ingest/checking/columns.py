"""Turns many well-formed entries into Arrow columns at once and checks whole columns with Arrow kernels.

A column that breaks a rule, or may break one, raises NotUniform; it does not say which entry is wrong.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from logloop_contracts.log_batch import LOG_SCHEMA
from logloop_contracts.log_entry import SEVERITY_ALIASES, Severity

from logloop_ingest.checking.attributes import Attributes, attribute_texts, decoded
from logloop_ingest.checking.errors import NotUniform
from logloop_ingest.checking.fields import is_service_id
from logloop_ingest.checking.rows import COLUMNS, MICROSECONDS
from logloop_ingest.checking.rules import ProjectAccess, Rules
from logloop_ingest.checking.sanitising import with_severity_text
from logloop_ingest.limits import Limits
from logloop_ingest.parsing.entry_columns import EntryColumns

_WORDS = LOG_SCHEMA.field("severity").type
_NANOSECONDS = pa.timestamp("ns", "UTC")
_SEVERITIES = frozenset(severity.value for severity in Severity)
_WORD_BYTES = 128 + 16
"""The longest service id and a severity."""


def check_columns(entries: EntryColumns, project_ids: set[str | None], rules: Rules) -> tuple[str, pa.RecordBatch]:
    """Return the project and columns of entries that all belong to one project and break no rule.

    Raises NotUniform.
    """
    try:
        return _check_columns(entries, project_ids, rules)
    except (TypeError, ValueError, OverflowError, RecursionError, pa.ArrowException) as error:
        # Arrow, orjson and msgspec raise these for values that need the check one by one.
        raise NotUniform from error


def _check_columns(entries: EntryColumns, project_ids: set[str | None], rules: Rules) -> tuple[str, pa.RecordBatch]:
    limits = rules.limits
    project_id = _project(project_ids, rules.access)
    severity, aliases = _severities(entries.severity)
    attributes: Sequence[Any] = entries.attributes
    if aliases:
        attributes = _with_aliases(attributes, entries.severity, aliases)
    arrays = {
        "timestamp": _timestamps(entries.timestamp, rules),
        "severity": severity,
        "service_id": _services(entries.service_id),
        "test_id": _references(entries.test_id, limits),
        "func_id": _references(entries.func_id, limits),
        "source": _references(entries.source, limits),
        "message": _messages(entries.message, limits),
        "attributes": attribute_texts(attributes, limits),
    }
    _require_entry_size(arrays, limits)
    return project_id, pa.RecordBatch.from_arrays([arrays[name] for name in COLUMNS.names], schema=COLUMNS)


def _require(condition: bool) -> None:
    if not condition:
        raise NotUniform


def _project(project_ids: set[str | None], access: ProjectAccess) -> str:
    distinct = {access.default if name is None else name for name in project_ids}
    _require(len(distinct) == 1)
    project_id = distinct.pop()
    _require(project_id in access.permitted)
    return str(project_id)


def _services(names: Sequence[str]) -> Any:
    encoded = _words(names)
    _require(all(map(is_service_id, encoded.dictionary.to_pylist())))
    return encoded


def _references(names: Sequence[str | None], limits: Limits) -> Any:
    encoded = _words(names)
    for name in encoded.dictionary.to_pylist():
        _require(1 <= len(name) <= limits.reference_length and "\0" not in name)
    return encoded


def _words(values: Sequence[str | None]) -> Any:
    return pa.array(values, _WORDS)


def _severities(words: Sequence[str]) -> tuple[Any, set[str]]:
    """Return severities as a dictionary array, and the words that are aliases of one."""
    encoded = _words(words)
    distinct = encoded.dictionary.to_pylist()
    if _SEVERITIES.issuperset(distinct):
        return encoded, set()
    severity_of = {word: SEVERITY_ALIASES.get(word.strip().lower()) for word in distinct}
    _require(None not in severity_of.values())
    aliases = {word for word in distinct if with_severity_text({}, word)}
    return _words([str(severity_of[word]) for word in words]), aliases


def _with_aliases(attributes: Sequence[Any], words: Sequence[str], aliases: set[str]) -> list[Attributes]:
    """Return the attributes with the sender's word where it is an alias."""
    values = decoded(attributes) if isinstance(attributes[0], msgspec.Raw) else attributes
    return [
        with_severity_text(value or {}, word) if word in aliases else value
        for value, word in zip(values, words, strict=True)
    ]


def _timestamps(times: Sequence[str | int], rules: Rules) -> Any:
    moments = pa.array(times, pa.int64()).cast(MICROSECONDS) if isinstance(times[0], int) else _parsed(times)
    bounds = pc.min_max(moments.view(pa.int64()))
    _require(bounds["min"].as_py() >= 0 and bounds["max"].as_py() <= rules.latest_us)
    return moments


def _parsed(texts: Sequence[str | int]) -> Any:
    array = pa.array(texts, pa.utf8())
    try:
        return array.cast(MICROSECONDS)
    except pa.ArrowInvalid:
        # Nanoseconds, as Go, Rust and Java write them.
        return array.cast(_NANOSECONDS).cast(MICROSECONDS, safe=False)


def _messages(texts: Sequence[str], limits: Limits) -> Any:
    array = pa.array(texts, pa.utf8())
    _require(array.nbytes <= limits.message_bytes or _longest(array) <= limits.message_bytes)
    _require(b"\0" not in _content(array))
    return array


def _require_entry_size(arrays: dict[str, Any], limits: Limits) -> None:
    message, attributes = arrays["message"], arrays["attributes"]
    # The three references are limited in characters, of up to four bytes each.
    limit = limits.entry_bytes - _WORD_BYTES - 3 * 4 * limits.reference_length
    _require(message.nbytes + attributes.nbytes <= limit or _longest(message) + _longest(attributes) <= limit)


def _longest(array: Any) -> int:
    return int(pc.max(pc.binary_length(array)).as_py() or 0)


def _content(array: Any) -> bytes:
    buffer = array.buffers()[2]
    return bytes(buffer) if buffer is not None else b""
