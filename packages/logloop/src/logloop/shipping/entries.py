"""Turns records into entries that the platform accepts. What does not fit is kept in another place, never dropped."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

MAX_MESSAGE_BYTES = 250_000
MAX_ATTRIBUTE_BYTES = 500_000
MAX_KEYS = 250
MAX_DEPTH = 16
MAX_ID = 512
MARK = "logloop.changed"
"""Attribute that says what had to be changed: too_many_keys, too_deep or too_large."""
_SERVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}", re.ASCII)
_LARGEST = 2**63


def valid_service(name: str) -> str:
    """Return the nearest valid service id; a valid one is returned unchanged."""
    if _SERVICE.fullmatch(name):
        return name
    cleaned = re.sub(r"[^A-Za-z0-9._:/@-]+", "-", name, flags=re.ASCII).strip("-._:/@")
    return cleaned[:128] or "logs"


def short_id(name: str, value: str, attributes: dict[str, Any]) -> str:
    """Return an id of at most 512 characters; a longer one is kept whole as an attribute."""
    if len(value) > MAX_ID:
        attributes.setdefault(name, value)
    return value[:MAX_ID]


def fitting(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes within the platform's limits: further keys, deep values and odd numbers become text."""
    if len(attributes) < MAX_KEYS and all(type(value) is str or value is None for value in attributes.values()):
        return dict(attributes)  # the usual case
    changes: set[str] = set()
    result = {name: _fitting_value(value, MAX_DEPTH, changes) for name, value in attributes.items()}
    if len(result) > MAX_KEYS:
        changes.add("too_many_keys")
        names = list(result)
        further = {name: result.pop(name) for name in names[MAX_KEYS - 10 :]}
        result["logloop.further"] = json.dumps(further, ensure_ascii=False)
    if changes:
        result[MARK] = " ".join(sorted(changes))
    return result


def _fitting_value(value: Any, depth: int, changes: set[str]) -> Any:
    if isinstance(value, str) or value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -_LARGEST <= value < _LARGEST else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if depth == 1:
        changes.add("too_deep")
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        return {str(name): _fitting_value(item, depth - 1, changes) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_fitting_value(item, depth - 1, changes) for item in value]
    return str(value)


def split_message(message: str, attributes: dict[str, Any]) -> list[str]:
    """Return the message in parts within the platform's limit; attributes that are too large become further text."""
    if len(message) * 4 <= MAX_MESSAGE_BYTES and len(attributes) < 20 and _is_small(attributes):
        return [message]
    text = json.dumps(attributes, ensure_ascii=False)
    if len(text.encode("utf-8", "surrogatepass")) > MAX_ATTRIBUTE_BYTES:
        attributes.clear()
        attributes[MARK] = "too_large"
        message = f"{message}\n{text}"
    parts, rest = [], message
    while len(rest.encode("utf-8", "surrogatepass")) > MAX_MESSAGE_BYTES:
        cut = _cut(rest)
        parts.append(rest[:cut])
        rest = rest[cut:]
    return [*parts, rest]


def _is_small(attributes: Mapping[str, Any]) -> bool:
    return all(not isinstance(value, dict | list) and len(str(value)) < 20_000 for value in attributes.values())


def _cut(text: str) -> int:
    """Return where to cut, at the end of a word if there is one."""
    size = len(text[: MAX_MESSAGE_BYTES // 4])
    head = text[:MAX_MESSAGE_BYTES]
    if len(head.encode("utf-8", "surrogatepass")) <= MAX_MESSAGE_BYTES:
        size = len(head)
    space = max(text.rfind(" ", size - 2_000, size), text.rfind("\n", size - 2_000, size))
    return space + 1 if space > 0 else size
