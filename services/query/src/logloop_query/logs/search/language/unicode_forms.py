"""Compares texts in Unicode's composed form (NFC), whatever form they are stored in.

`é` is one character, or `e` and a combining accent; both look the same. Logs are stored as they were sent. A search
composes its own words once, and of the texts only those that composing may change (ADR 21).
"""

import unicodedata
from collections.abc import Callable
from typing import Any

import pyarrow.compute as pc

from logloop_query.logs.search.limits import regexes
from logloop_query.logs.search.limits.pace import Pace
from logloop_query.logs.segments.text_buffers import is_ascii, joined

_REPLACED = (
    "374 37e 387 958-95f 9dc-9df a33-a36 a59-a5e b5c-b5d f43 f4d f52 f57 f5c f69 1f71-1f7d 1fbb-1fbe 1fc9-1fcb 1fd3 "
    "1fdb 1fe3 1feb 1fee-1fef 1ff9-1ffd 2000-2001 2126-212b 2329-232a 2adc f900-fad9 fb1d-fb4e 1d15e-1d164 "
    "1d1bb-1d1c0 2f800-2fa1d"
)
_HANGUL_PARTS = "1161-1175 11a8-11c2"


def _ranges(text: str) -> str:
    return "".join("-".join(f"\\x{{{end}}}" for end in one.split("-")) for one in text.split())


CHANGEABLE = f"[\\pM{_ranges(_REPLACED)}{_ranges(_HANGUL_PARTS)}]"
"""RE2 class of the characters that composing may replace or join to the one before. Others may be in it too."""


def composed(text: str) -> str:
    """Return a text in NFC."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def composed_value(value: Any) -> Any:
    """Return a JSON value with its keys and texts in NFC."""
    if isinstance(value, str):
        return composed(value)
    if isinstance(value, list):
        return [composed_value(item) for item in value]
    if isinstance(value, dict):
        return {composed(name): composed_value(item) for name, item in value.items()}
    return value


def is_composed(text: str) -> bool:
    """Return whether a text is in NFC."""
    return text.isascii() or unicodedata.is_normalized("NFC", text)


def may_change(array: Any) -> bool:
    """Return whether composing may change a text of a utf8 array."""
    if is_ascii(array):
        return False
    return bool(pc.match_substring_regex(joined(array), pattern=CHANGEABLE)[0].as_py())


def apply_composed(array: Any, test: Callable[[Any], Any], pace: Pace) -> Any:
    """Apply a test to the texts of a utf8 array in NFC, and return a boolean array."""
    if not may_change(array):
        return test(array)
    changed = pc.fill_null(regexes.match(array, CHANGEABLE, pace), False)
    pace.check()
    hits = test(pc.utf8_normalize(array.filter(changed), form="NFC"))
    return pc.replace_with_mask(pc.fill_null(test(array), False), changed, pc.fill_null(hits, False))
