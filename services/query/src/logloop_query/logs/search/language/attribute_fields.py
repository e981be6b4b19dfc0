"""The fields of a search that are attributes: their names, and the numbers that words stand for."""

import math
import re

PREFIX = "attributes."
"""Starts the name of a field that is an attribute."""
_MAX_NAME, _MAX_DOTS = 400, 21
TOO_LONG = f"an attribute name may have at most {_MAX_NAME} characters and {_MAX_DOTS - 1} dots"


def is_attribute(field: str) -> bool:
    """Return whether a field is an attribute, such as `attributes.http.status`."""
    return field.startswith(PREFIX) and len(field) > len(PREFIX)


def is_too_long(field: str) -> bool:
    """Return whether the name of an attribute, with the prefix, is longer than a search accepts."""
    return len(field) > _MAX_NAME or field.count(".") > _MAX_DOTS


def as_number(text: str) -> int | float | None:
    """Return a word as a finite number, None if it is not a number.

    An integer over 64 bits, such as a trace id of 128 bits, becomes a double, as when orjson reads attributes.
    """
    if not re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d{1,3})?", text, re.ASCII):
        return None
    if re.fullmatch(r"-?\d{1,20}", text, re.ASCII) and -(2**63) <= int(text) < 2**64:
        return int(text)
    number = float(text)
    return number if math.isfinite(number) else None
