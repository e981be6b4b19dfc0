"""Many clean entries become Arrow columns at once, checked by kernels instead of one by one.

It must not say what is wrong: anything out of the ordinary raises NotUniform, and `checking` takes over.
"""

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from logloop_contracts.log_batch import LOG_SCHEMA
from logloop_contracts.log_entry import SEVERITY_ALIASES, Severity
from orjson import OPT_SORT_KEYS, dumps

from logloop_ingest.checking import FIELDS, Row, Rules, is_service_id, with_severity_text
from logloop_ingest.limits import Limits

COLUMNS = pa.schema([LOG_SCHEMA.field(name) for name in Row._fields])
"""What a request fills in; batch, row and pattern come when it is published."""

_NANOSECONDS = pa.timestamp("ns", "UTC")
_MICROSECONDS = pa.timestamp("us", "UTC")
_SEVERITIES = frozenset(severity.value for severity in Severity)


class NotUniform(Exception):
    """These entries need the exact check, one by one."""


def columns(entries: Sequence[Any], rules: Rules) -> tuple[str, pa.RecordBatch]:
    """The project and columns of entries that are all of one project and all in order. Raises NotUniform."""
    try:
        return _columns(entries, rules)
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError, pa.ArrowException) as error:
        # What a wrong type does to a subscript, to Arrow or to orjson.
        raise NotUniform from error


def _columns(entries: Sequence[Any], rules: Rules) -> tuple[str, pa.RecordBatch]:
    limits = rules.limits
    required = {
        name: [entry[name] for entry in entries] for name in ("timestamp", "severity", "service_id", "message")
    }
    optional = {
        name: [entry.get(name) for entry in entries]
        for name in ("project_id", "test_id", "func_id", "source", "attributes")
    }
    _only_known_fields(entries, optional)
    project_id = _project(optional["project_id"], rules)
    attributes = optional["attributes"]
    severity = _severities(required["severity"], attributes)
    arrays = {
        "timestamp": _timestamps(required["timestamp"], rules),
        "severity": severity,
        "service_id": _words(required["service_id"], _is_service),
        "message": _messages(required["message"], limits),
        "attributes": _attributes(attributes, limits),
    }
    for name in ("test_id", "func_id", "source"):
        arrays[name] = _words(optional[name], lambda words: _is_reference(words, limits), nullable=True)
    _within_entry_limit(arrays, limits)
    return project_id, pa.RecordBatch.from_arrays([arrays[name] for name in COLUMNS.names], schema=COLUMNS)


def _require(condition: bool) -> None:
    if not condition:
        raise NotUniform


def _only_known_fields(entries: Sequence[Any], optional: dict[str, list[Any]]) -> None:
    known = sum(len(values) - values.count(None) for values in optional.values()) + 4 * len(entries)
    if known != sum(map(len, entries)):  # also when a field is there with null
        _require(all(entry.keys() <= FIELDS for entry in entries))


def _project(names: list[Any], rules: Rules) -> str:
    distinct = {rules.default_project if name is None else name for name in set(names)}
    _require(len(distinct) == 1)
    project_id = distinct.pop()
    # The caller's right was looked up for every valid name; others are not in the map.
    _require(isinstance(project_id, str) and rules.refusals.get(project_id, NotUniform) is None)
    return str(project_id)


def _words(values: list[Any], accept: Callable[[Any], bool], *, nullable: bool = False) -> Any:
    array = pa.array(values, pa.utf8())
    _require(nullable or not array.null_count)
    encoded = array.dictionary_encode()
    _require(accept(encoded.dictionary))
    return encoded


def _is_service(words: Any) -> bool:
    return all(map(is_service_id, words.to_pylist()))


def _is_reference(words: Any, limits: Limits) -> bool:
    if not len(words):
        return True
    lengths = pc.min_max(pc.utf8_length(words)).as_py()
    return lengths["min"] >= 1 and lengths["max"] <= limits.reference_length and not _holds(words, b"\0")


def _severities(words: list[Any], attributes: list[Any]) -> Any:
    """Dictionary array of severities. An alias is noted in `attributes`, which changes."""
    array = pa.array(words, pa.utf8()).dictionary_encode()
    distinct = array.dictionary.to_pylist()
    if _SEVERITIES.issuperset(distinct):
        _require(not array.null_count)
        return array
    meaning = {word: SEVERITY_ALIASES.get(word.strip().lower()) for word in distinct}
    _require(None not in meaning.values())
    own = {word for word in distinct if with_severity_text({}, word)}
    if own:
        for index, word in enumerate(words):
            if word in own:
                attributes[index] = with_severity_text(attributes[index] or {}, word)
    return pa.array([str(meaning[word]) for word in words], pa.utf8()).dictionary_encode()


def _timestamps(texts: list[Any], rules: Rules) -> Any:
    array = pa.array(texts, pa.utf8())
    try:
        moments = array.cast(_MICROSECONDS)
    except pa.ArrowInvalid:
        # Nanoseconds, as Go, Rust and Java write them.
        moments = array.cast(_NANOSECONDS).cast(_MICROSECONDS, safe=False)
    bounds = pc.min_max(moments.view(pa.int64()))
    _require(not moments.null_count and bounds["min"].as_py() >= 0 and bounds["max"].as_py() <= rules.latest_us)
    return moments


def _messages(texts: list[Any], limits: Limits) -> Any:
    array = pa.array(texts, pa.utf8())
    _require(not array.null_count and _longest(array) <= limits.message_bytes and not _holds(array, b"\0"))
    return array


def _attributes(values: list[Any], limits: Limits) -> Any:
    objects = [value for value in values if value is not None]
    if not objects:
        return pa.nulls(len(values), pa.utf8())
    _require(set(map(type, objects)) == {dict} and max(map(len, objects)) <= limits.attribute_keys)
    # Decoding at once gives the writer's large buffer back: three times as fast as a list of its bytes.
    texts = [dumps(value, option=OPT_SORT_KEYS).decode() if value else None for value in values]
    array = pa.array(texts, pa.utf8())
    text = _content(array)
    # orjson writes an infinite number as null, and NUL as an escape; a depth needs that many openings.
    _require(b"\\u0000" not in text and (b"null" not in text or all(map(_is_finite, objects))))
    if text.count(b"{") > len(objects) or b"[" in text:
        openings = pc.add(pc.count_substring(array, "{"), pc.count_substring(array, "["))
        _require((pc.max(openings).as_py() or 0) <= limits.attribute_depth)
    return array


def _is_finite(value: Any) -> bool:
    if isinstance(value, float):
        return value - value == 0
    if isinstance(value, dict | list):
        return all(map(_is_finite, value.values() if isinstance(value, dict) else value))
    return True


def _within_entry_limit(arrays: dict[str, Any], limits: Limits) -> None:
    # Words are bounded by their length in characters, up to four bytes each.
    rest = 128 + 16 + 3 * 4 * limits.reference_length
    _require(_longest(arrays["message"]) + _longest(arrays["attributes"]) + rest <= limits.entry_bytes)


def _longest(array: Any) -> int:
    return int(pc.max(pc.binary_length(array)).as_py() or 0)


def _content(array: Any) -> bytes:
    buffer = array.buffers()[2]
    return bytes(buffer) if buffer is not None else b""


def _holds(array: Any, piece: bytes) -> bool:
    return piece in _content(array)


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
