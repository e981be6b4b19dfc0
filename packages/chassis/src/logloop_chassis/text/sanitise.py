"""Makes text from logs safe to display: strips control sequences and invisible characters, and shortens it."""

import re

_ANSI = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]"  # colours, cursor
    r"|\][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)?"  # window title, links
    r"|[PX^_][^\x1b]{0,4096}(?:\x1b\\)?|[@-Z\\-_])"
)
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_BLANKS = re.compile(r"[ \t]{3,}")


def sanitise(text: str) -> str:
    """Return the text without terminal sequences, control characters, and characters that hide or reorder text.

    Line breaks and tabs stay; a carriage return becomes a line break.
    """
    plain = _ANSI.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return _BLANKS.sub("  ", _CONTROL.sub("", _INVISIBLE.sub("", plain)))


def shorten(text: str, limit: int) -> str:
    """Return the text with its middle cut out if it is longer than `limit` characters."""
    if len(text) <= limit:
        return text
    head = max(1, limit * 2 // 3)
    return f"{text[:head]} … {text[len(text) - max(1, limit - head - 3) :]}"
