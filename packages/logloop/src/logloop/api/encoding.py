"""Encodes Python values as the API expects them: times, strict JSON and lines of NDJSON."""

from __future__ import annotations

import json
import math
import reprlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_MAX_DEPTH = 16
_MAX_VALUES = 50_000
"""Values that are copied of one object. The rest is left out with a mark: a huge object must not stop a program."""
_LEFT_OUT = "… [left out: too many values]"
_RECURSIVE = "… [recursive]"
_SUMMARY = reprlib.Repr()  # its length is limited: the text of lists that share other lists can have any length
_SUMMARY.maxlevel = 2
_VALUES_IN_SUMMARY = 50


def moment_text(value: datetime | str) -> str:
    """Return a time in RFC 3339, UTC; text passes unchanged. Raises ValueError for a datetime without a zone."""
    if isinstance(value, str):
        return value
    if value.tzinfo is None:
        raise ValueError("a time needs an offset: use datetime.now(UTC) or .astimezone()")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def text_of(value: Any) -> str:
    """Return any value as text; never raises. A datetime without a zone stays without one."""
    try:
        if isinstance(value, datetime):
            return value.isoformat() if value.tzinfo is None else moment_text(value)
        if isinstance(value, int) and not -(10**4000) < value < 10**4000:
            return hex(value)  # Python refuses to convert more than 4,300 digits
        return str.__str__(str(value))  # a plain str: a subclass may override any method
    except Exception as error:  # noqa: BLE001 - a foreign __str__ may raise anything; the log must not be lost
        return f"<{type(value).__name__}: str() raised {type(error).__name__}>"


def json_line(values: Any) -> bytes:
    """Return a value as one line of strict JSON in UTF-8; never raises.

    Values that JSON or UTF-8 cannot hold (NaN, lone surrogates, objects) become text.
    """
    try:
        text = json.dumps(values, default=text_of, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except Exception:  # noqa: BLE001 - a foreign container may raise anything
        text = json.dumps(json_safe(values), ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def json_safe(value: Any) -> Any:
    """Return a copy that JSON can hold; never raises.

    Other types become text, and so does everything below 16 levels. Recursion and more than 50,000 values are marked.
    """
    return _Copier().copy(value, 0)


class _Copier:
    """Copies one object."""

    def __init__(self) -> None:
        self._left = _MAX_VALUES
        self._parents: set[int] = set()

    def copy(self, value: Any, depth: int) -> Any:
        self._left -= 1
        try:
            if value is None or value is True or value is False or type(value) is str:
                return value
            if isinstance(value, str):
                return str.__str__(value)
            if isinstance(value, int):
                return value if -(2**63) <= value < 2**64 else text_of(value)
            if isinstance(value, float):
                return value if math.isfinite(value) else text_of(value)
            if isinstance(value, Mapping | list | tuple | set | frozenset):
                return self._container(value, depth) if depth < _MAX_DEPTH else self._summary(value)
        except Exception:  # noqa: BLE001 - a foreign object may raise anything; the log must not be lost with it
            return text_of(value)
        return text_of(value)

    def _container(self, value: Any, depth: int) -> Any:
        if id(value) in self._parents:
            return _RECURSIVE
        self._parents.add(id(value))
        try:
            return self._object(value, depth) if isinstance(value, Mapping) else self._array(value, depth)
        finally:
            self._parents.discard(id(value))

    def _summary(self, value: Any) -> str:
        self._left -= _VALUES_IN_SUMMARY
        return _SUMMARY.repr(value)

    def _object(self, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for name, item in value.items():
            if self._left <= 0:
                result["…"] = _LEFT_OUT
                break
            result[unique_name(name, result)] = self.copy(item, depth + 1)
        return result

    def _array(self, value: Any, depth: int) -> list[Any]:
        result: list[Any] = []
        for item in value:
            if self._left <= 0:
                result.append(_LEFT_OUT)
                break
            result.append(self.copy(item, depth + 1))
        return result


def unique_name(name: Any, taken: Mapping[str, Any]) -> str:
    """Return a key as text. A number is added when another key, such as 1 and "1", has the same text."""
    text = name if type(name) is str else text_of(name)
    if text not in taken:
        return text
    number = len(taken) + 1
    while f"{text} ({number})" in taken:
        number += 1
    return f"{text} ({number})"
