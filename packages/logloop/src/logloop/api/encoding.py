"""Encodes Python values as the API expects them: times, strict JSON and lines of NDJSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_MAX_DEPTH = 16


def moment_text(value: datetime | str) -> str:
    """Return a time in RFC 3339, UTC; text passes unchanged. Raises ValueError for a datetime without a zone."""
    if isinstance(value, str):
        return value
    if value.tzinfo is None:
        raise ValueError("a time needs an offset: use datetime.now(UTC) or .astimezone()")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def text_of(value: Any) -> str:
    """Return any value as text; never raises. A datetime without a zone stays without one."""
    if isinstance(value, datetime):
        return value.isoformat() if value.tzinfo is None else moment_text(value)
    try:
        return str(value)
    except Exception as error:  # noqa: BLE001 - a foreign __str__ may raise anything; the log must not be lost
        return f"<{type(value).__name__}: str() raised {type(error).__name__}>"


def json_line(values: Mapping[str, Any]) -> bytes:
    """Return one line of strict JSON in UTF-8. Values that JSON or UTF-8 cannot hold (NaN, lone surrogates) become
    text."""
    try:
        text = json.dumps(values, default=text_of, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        text = json.dumps(json_safe(values), ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def json_safe(value: Any, depth: int = 0) -> Any:
    """Return a copy that JSON can hold: other types become text, and so does everything below 16 levels."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if depth < _MAX_DEPTH and isinstance(value, Mapping):
        return {str(name): json_safe(item, depth + 1) for name, item in value.items()}
    if depth < _MAX_DEPTH and isinstance(value, list | tuple | set | frozenset):
        return [json_safe(item, depth + 1) for item in value]
    return text_of(value)
