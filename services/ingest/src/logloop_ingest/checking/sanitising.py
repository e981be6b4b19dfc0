"""Sanitises text and attributes, and encodes attributes as JSON text."""

import math
from typing import Any

import orjson
from logloop_contracts.log_entry import SEVERITY_TEXT_ATTRIBUTE, Severity

from logloop_ingest.checking.errors import InvalidValue
from logloop_ingest.limits import Limits
from logloop_ingest.parsing.json_values import in_64_bits

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_SEVERITIES = frozenset(severity.value for severity in Severity)


def sanitised(text: str) -> str:
    """Return the text with U+FFFD for what cannot be stored or shown: NUL characters and lone surrogates."""
    if "\0" in text:
        text = text.replace("\0", REPLACEMENT)
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def sanitised_attributes(value: Any, limits: Limits) -> dict[str, Any]:
    """Return attributes that can be stored. Raises InvalidValue."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidValue("wrong_type", "must be a JSON object")
    if len(value) > limits.attribute_keys:
        raise InvalidValue("too_many_keys", f"may have {limits.attribute_keys} keys")
    result: dict[str, Any] = _sanitised_value(value, limits.attribute_depth)
    return result


def _sanitised_value(value: Any, depth: int) -> Any:
    """Return a JSON value that can be stored, nested at most `depth` levels deep."""
    if isinstance(value, str):
        return sanitised(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return in_64_bits(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InvalidValue("not_a_number", "contains NaN, Infinity or a number over 1.8e308; send text or null")
        return value
    if depth == 0:
        raise InvalidValue("too_deep", "is nested too deeply; flatten it")
    if isinstance(value, list):
        return [_sanitised_value(item, depth - 1) for item in value]
    return {sanitised(key): _sanitised_value(item, depth - 1) for key, item in value.items()}


def with_severity_text(attributes: dict[str, Any], word: str) -> dict[str, Any]:
    """Return the attributes with the sender's severity word, if that is an alias."""
    if word.strip().lower() in _SEVERITIES:
        return attributes
    return {SEVERITY_TEXT_ATTRIBUTE: sanitised(word.strip()), **attributes}


def attributes_json(attributes: dict[str, Any]) -> str | None:
    """Return sanitised attributes as compact JSON text with sorted keys, None when there are none."""
    return orjson.dumps(attributes, option=orjson.OPT_SORT_KEYS).decode() if attributes else None
