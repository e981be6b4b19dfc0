"""Many clean entries become Arrow columns at once, checked by kernels instead of one by one.

It must not say what is wrong: anything out of the ordinary raises NotUniform, and `checking` takes over.
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from logloop_contracts.log_batch import LOG_SCHEMA
from logloop_contracts.log_entry import SEVERITY_ALIASES, Severity
from orjson import OPT_SORT_KEYS, dumps

from logloop_ingest.checking.entry import Row, Rules, is_service_id, with_severity_text
from logloop_ingest.limits import Limits
from logloop_ingest.parsing.json_values import CleanEntry

COLUMNS = pa.schema([LOG_SCHEMA.field(name) for name in Row._fields])
"""What a request fills in; batch, row and pattern come when it is published."""

_NANOSECONDS = pa.timestamp("ns", "UTC")
_MICROSECONDS = pa.timestamp("us", "UTC")
_SEVERITIES = frozenset(severity.value for severity in Severity)


class NotUniform(Exception):
    """These entries need the exact check, one by one."""


def columns(entries: Sequence[CleanEntry], rules: Rules) -> tuple[str, pa.RecordBatch]:
    """The project and columns of entries that are all of one project and all in order. Raises NotUniform."""
    try:
        return _columns(entries, rules)
    except (TypeError, ValueError, OverflowError, pa.ArrowException) as error:
        # What a value out of the ordinary does to Arrow or to orjson.
        raise NotUniform from error


def _columns(entries: Sequence[CleanEntry], rules: Rules) -> tuple[str, pa.RecordBatch]:
    limits = rules.limits
    project_id = _project({entry.project_id for entry in entries}, rules)
    attributes = [entry.attributes for entry in entries]
    severity = _severities([entry.severity for entry in entries], attributes)
    arrays = {
        "timestamp": _timestamps([entry.timestamp for entry in entries], rules),
        "severity": severity,
        "service_id": _services([entry.service_id for entry in entries]),
        "test_id": _references([entry.test_id for entry in entries], limits),
        "func_id": _references([entry.func_id for entry in entries], limits),
        "source": _references([entry.source for entry in entries], limits),
        "message": _messages([entry.message for entry in entries], limits),
        "attributes": _attributes(attributes, limits),
    }
    _within_entry_limit(arrays, limits)
    return project_id, pa.RecordBatch.from_arrays([arrays[name] for name in COLUMNS.names], schema=COLUMNS)


def _require(condition: bool) -> None:
    if not condition:
        raise NotUniform


def _project(names: set[str | None], rules: Rules) -> str:
    distinct = {rules.default_project if name is None else name for name in names}
    _require(len(distinct) == 1)
    project_id = distinct.pop()
    # The caller's right was looked up for every valid name; others are not in the map.
    _require(project_id is not None and rules.refusals.get(project_id, NotUniform) is None)
    return str(project_id)


def _services(names: list[str]) -> Any:
    encoded = _words(names)
    _require(all(map(is_service_id, encoded.dictionary.to_pylist())))
    return encoded


def _references(names: list[str | None], limits: Limits) -> Any:
    encoded = _words(names)
    for name in encoded.dictionary.to_pylist():
        _require(1 <= len(name) <= limits.reference_length and "\0" not in name)
    return encoded


def _words(values: Sequence[str | None]) -> Any:
    return pa.array(values, pa.utf8()).dictionary_encode()


def _severities(words: list[str], attributes: list[Any]) -> Any:
    """Dictionary array of severities. An alias is noted in `attributes`, which changes."""
    encoded = _words(words)
    distinct = encoded.dictionary.to_pylist()
    if _SEVERITIES.issuperset(distinct):
        return encoded
    meaning = {word: SEVERITY_ALIASES.get(word.strip().lower()) for word in distinct}
    _require(None not in meaning.values())
    own = {word for word in distinct if with_severity_text({}, word)}
    if own:
        for index, word in enumerate(words):
            if word in own:
                attributes[index] = with_severity_text(attributes[index] or {}, word)
    return _words([str(meaning[word]) for word in words])


def _timestamps(texts: list[str], rules: Rules) -> Any:
    array = pa.array(texts, pa.utf8())
    try:
        moments = array.cast(_MICROSECONDS)
    except pa.ArrowInvalid:
        # Nanoseconds, as Go, Rust and Java write them.
        moments = array.cast(_NANOSECONDS).cast(_MICROSECONDS, safe=False)
    bounds = pc.min_max(moments.view(pa.int64()))
    _require(bounds["min"].as_py() >= 0 and bounds["max"].as_py() <= rules.latest_us)
    return moments


def _messages(texts: list[str], limits: Limits) -> Any:
    array = pa.array(texts, pa.utf8())
    _require(array.nbytes <= limits.message_bytes or _longest(array) <= limits.message_bytes)
    _require(b"\0" not in _content(array))
    return array


def _attributes(values: list[Any], limits: Limits) -> Any:
    # Decoding at once gives the writer's large buffer back: three times as fast as a list of its bytes.
    texts = [dumps(value, option=OPT_SORT_KEYS).decode() if value else None for value in values]
    array = pa.array(texts, pa.utf8())
    if array.null_count == len(array):
        return array
    _require(max(map(len, filter(None, values))) <= limits.attribute_keys)
    content = _content(array)
    _require(b"\\u0000" not in content)  # as orjson writes NUL
    if content.count(b"{") > len(array) - array.null_count or b"[" in content:
        _within_depth(array, limits.attribute_depth, least_per_level=2 if b"[" in content else 5)
    return array


def _within_depth(array: Any, depth: int, *, least_per_level: int) -> None:
    """No JSON text is nested deeper. A level takes `[]` or `{"":}` at the least, and one opening."""
    if _longest(array) > depth * least_per_level:
        openings = (text.count("{") + text.count("[") for text in array.to_pylist() if text)
        _require(max(openings) <= depth)


def _within_entry_limit(arrays: dict[str, Any], limits: Limits) -> None:
    message, attributes = arrays["message"], arrays["attributes"]
    # Words are bounded by their length in characters, up to four bytes each.
    limit = limits.entry_bytes - 128 - 16 - 3 * 4 * limits.reference_length
    _require(message.nbytes + attributes.nbytes <= limit or _longest(message) + _longest(attributes) <= limit)


def _longest(array: Any) -> int:
    return int(pc.max(pc.binary_length(array)).as_py() or 0)


def _content(array: Any) -> bytes:
    buffer = array.buffers()[2]
    return bytes(buffer) if buffer is not None else b""


def rows_to_columns(rows: Sequence[Row]) -> pa.RecordBatch:
    """Columns of rows that were checked one by one."""
    arrays = []
    for field, values in zip(COLUMNS, zip(*rows, strict=True), strict=True):
        if field.name == "timestamp":
            arrays.append(pa.array(values, pa.int64()).cast(_MICROSECONDS))
        elif pa.types.is_dictionary(field.type):
            arrays.append(pa.array(values, pa.utf8()).dictionary_encode())
        else:
            arrays.append(pa.array(values, pa.utf8()))
    return pa.RecordBatch.from_arrays(arrays, schema=COLUMNS)
