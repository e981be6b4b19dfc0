"""Labels of Loki and the fields of logs that they stand for.

The fields of a log are labels with fixed names. Every other label is an attribute. Loki has no dots in names, so the
label `http_status` is the attribute `http_status` or `http.status`.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from logloop_query.logs.search.attributes import scalar_text
from logloop_query.logs.search.language.attribute_fields import PREFIX, as_number
from logloop_query.logs.search.language.filter import TextColumn

COLUMN_OF: Mapping[str, TextColumn] = {
    "service_name": "service_id",
    "service_id": "service_id",
    "service": "service_id",
    "level": "severity",
    "detected_level": "severity",
    "severity": "severity",
    "source": "source",
    "test_id": "test_id",
    "func_id": "func_id",
}
PROJECT_LABELS = frozenset({"project", "project_id"})
ALWAYS_EMPTY = frozenset({"__error__", "__error_details__"})
LOG_ID = "log_id"
STREAM_LABELS: Mapping[str, TextColumn] = {
    "func_id": "func_id",
    "level": "severity",
    "service_name": "service_id",
    "source": "source",
    "test_id": "test_id",
}
"""The labels of a stream. The others are structured metadata of each line."""
MAX_METADATA = 64
MAX_VALUE = 1_000
_ENUMERATED = 3
_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_]")
Kind = Literal["column", "project", "empty", "log_id", "attribute"]


def kind_of(label: str) -> Kind:
    """Return what a label stands for."""
    if label in COLUMN_OF:
        return "column"
    if label in PROJECT_LABELS:
        return "project"
    if label in ALWAYS_EMPTY:
        return "empty"
    return "log_id" if label == LOG_ID else "attribute"


def attribute_paths(label: str) -> list[str]:
    """Return the attribute paths that a label may stand for, the one with the same name first.

    Each underscore may be a dot, in each combination for up to three of them, else all or none.
    """
    pieces = label.split("_")
    gaps = len(pieces) - 1
    if gaps > _ENUMERATED:
        return list(dict.fromkeys([label, label.replace("_", ".").strip(".")]))
    found = (
        "".join(itertools.chain.from_iterable(zip(pieces, (*choice, ""), strict=True)))
        for choice in itertools.product("_.", repeat=gaps)
    )
    return [path for path in dict.fromkeys(found) if not path.startswith(".") and not path.endswith(".")] or [label]


def key_names(label: str) -> list[str]:
    """Return the keys by which logs are counted for a label; the first that has a value counts."""
    match kind_of(label):
        case "column":
            return [COLUMN_OF[label]]
        case "attribute":
            return [PREFIX + path for path in attribute_paths(label)]
        case _:
            return []


def label_name(path: str) -> str:
    """Return the label of an attribute path."""
    name = _NOT_IN_NAMES.sub("_", path)
    return f"_{name}" if name[:1].isdigit() else name


def stream_of(row: Mapping[str, Any]) -> dict[str, str]:
    """Return the labels of the stream of a log, which is a row of a search."""
    return {label: row[column] for label, column in STREAM_LABELS.items() if row[column]}


def metadata_of(attributes: Any) -> dict[str, str]:
    """Return the attributes of a log as labels, at most 64. Of several values, the first counts."""
    found: dict[str, str] = {}
    for path, value in _flat(attributes, ""):
        name = label_name(path)
        if kind_of(name) == "attribute" and name not in found:
            found[name] = value[:MAX_VALUE]
            if len(found) == MAX_METADATA:
                break
    return found


def type_of(values: Iterable[str]) -> Literal["boolean", "int", "float", "string"]:
    """Return the narrowest type that all values have."""
    seen = set(values)
    if seen <= {"true", "false"}:
        return "boolean"
    numbers = [as_number(value) for value in seen]
    if any(value is None for value in numbers):
        return "string"
    return "int" if all(isinstance(value, int) for value in numbers) else "float"


def _flat(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flat(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for inner in itertools.islice(value, 1):
            yield from _flat(inner, path)
    elif value is not None and path:
        yield path, scalar_text(value) or ""
