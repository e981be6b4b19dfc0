"""Maps level words, letters and numbers to the four severities.

A level counts only where a format puts it. The word "error" inside a sentence is not a level.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

ERROR, WARN, INFO, DEBUG = "error", "warn", "info", "debug"
FOUR = frozenset({ERROR, WARN, INFO, DEBUG})

_WORDS = {
    DEBUG: "trace debug dbg dbug trce trc vrb verbose verb silly spam fine finer finest config all notset",
    INFO: "info information informational inf notice note log statement detail hint context query location success "
    "http timing system default audit-success unknown any",
    WARN: "warn warning wrn deprecated alarm",
    ERROR: "error err err! eror fatal ftl critical crit crt alert alrt emerg emergency panic pnc severe fail failure "
    "exception dpanic audit-failure",
}
WORDS = {word: severity for severity, words in _WORDS.items() for word in words.split()}
_ABBREVIATED = re.compile(r"([a-z!]+?)[ -]?[+-]?\d*$")
LETTERS = {"F": ERROR, "E": ERROR, "C": ERROR, "A": ERROR, "W": WARN, "N": INFO, "I": INFO, "D": DEBUG, "V": DEBUG}
LETTERS |= {"T": DEBUG, "S": ERROR}

_SYSLOG = (ERROR, ERROR, ERROR, ERROR, WARN, INFO, INFO, DEBUG)
_WINDOWS = (INFO, ERROR, ERROR, WARN, INFO, DEBUG)
_INSIGHTS = (DEBUG, INFO, WARN, ERROR, ERROR)

HEAD_LEVELS = (
    "TRACE|DEBUG|DBG|VERBOSE|FINEST|FINER|FINE|CONFIG|INFORMATION|INFO|INF|NOTICE|NOTE|LOG|STATEMENT|DETAIL|HINT|"
    "SUCCESS|WARNING|WARN|WRN|ERROR|ERR|FATAL|FTL|CRITICAL|CRIT|ALERT|EMERGENCY|EMERG|PANIC|DPANIC|SEVERE|FAILURE"
)
"""The level words that text may have at its head. Formats with words of their own read these themselves."""

_AT_START = re.compile(
    rf"\W{{0,3}}(?P<upper>{HEAD_LEVELS})(?=[\s:\]|]|$)"
    rf"|\W{{0,3}}(?P<word>(?i:{HEAD_LEVELS}|exception|failure))\s?:(?=\s|$)"
    rf"|[\[<(](?:\w+:)?(?P<bracketed>(?i:{HEAD_LEVELS}))[\])>]"
)
_AS_PAIR = re.compile(rf"(?:^|[\s,;{{(\[])\"?(?i:level|lvl|severity)\"?[=:]\s?\"?(?P<pair>(?i:{HEAD_LEVELS}))\b")
_CERTAIN_ERROR = re.compile(
    r"Traceback \(most recent call last\)|panic: |fatal error: |[EF]\s{2,}|\S*(?:Error|Exception)(?::|$)"
    r"|Segmentation fault|Error in [\w.:$]+\(.*?\) : "
    r"|\S+\.rb:\d+:in .*(?:Error|Exception)\)"
    r"|Exception in thread |Unhandled exception[.:]|thread '[^']*' (?:\(\d+\) )?panicked at |==\d+==ERROR: |Uncaught "
)
_HEAD = 160
_LONGEST_LEVEL = 64


def from_word(word: str) -> str | None:
    """Return the severity of a level word in any case, also with a number (DEBUG2, ERROR+1); None if unknown."""
    text = word.strip(" []<>():!*").lower()
    found = WORDS.get(text)
    if found is None and (match := _ABBREVIATED.match(text.replace(" ", "-"))):
        found = WORDS.get(match.group(1)) or WORDS.get(text.replace(" ", "-"))
    return found


def from_letter(letter: str) -> str | None:
    """Return the severity of a single letter such as E, W, I or D."""
    return LETTERS.get(letter[:1].upper())


def from_number(value: float, *, python: bool = False) -> str:
    """Return the severity of a numeric level: syslog below 10, else the scale of Bunyan and pino, or Python's.

    Logback and Logstash write the same steps times 1,000.
    """
    if value < 10:
        return _SYSLOG[min(7, int(value))] if value >= 0 else DEBUG
    if value >= 1_000:
        value, python = value / 1_000, True
        return (DEBUG, DEBUG, INFO, WARN, ERROR)[min(4, max(0, int(value) // 10))]
    step = int(value) // 10 - (0 if python else 1)
    return (DEBUG, DEBUG, INFO, WARN, ERROR)[min(4, max(0, step))]


def from_open_telemetry(value: int) -> str | None:
    """Return the severity of an OpenTelemetry severity number (1 to 24)."""
    return (DEBUG, DEBUG, INFO, WARN, ERROR, ERROR)[(value - 1) // 4] if 1 <= value <= 24 else None


def from_windows(value: int) -> str | None:
    """Return the severity of a Windows event level (0 to 5)."""
    return _WINDOWS[value] if 0 <= value <= 5 else None


def from_insights(value: int) -> str | None:
    """Return the severity of an Application Insights level (0 to 4)."""
    return _INSIGHTS[value] if 0 <= value <= 4 else None


def from_status(status: str | int) -> str | None:
    """Return the severity of an HTTP response status."""
    code = str(status)
    if not (code.isdecimal() and len(code) == 3):
        return None
    return ERROR if code >= "500" else WARN if code >= "400" else INFO


def from_field(name: str, value: object) -> str | None:
    """Return the severity in a structured field: a word, a letter as in glog and MongoDB, or a number.

    `name` is in lower case without separators.
    """
    if isinstance(value, str):
        return _from_text_field(name, value) if len(value) <= _LONGEST_LEVEL else None
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return _from_named_number(name, value)
    if isinstance(value, Mapping):
        return next((found for key in ("name", "text", "level") if (found := from_field(name, value.get(key)))), None)
    return None


@lru_cache(maxsize=1024)
def _from_text_field(name: str, value: str) -> str | None:
    text = value.strip()
    if re.fullmatch(r"\d{1,5}", text, re.ASCII):
        return _from_named_number(name, int(text))
    if len(text) == 1 or (len(text) == 2 and text[0] == "D" and text[1].isdigit()):
        return from_letter(text)
    return from_word(text)


def _from_named_number(name: str, value: float) -> str | None:
    if value != value or value in {float("inf"), float("-inf")}:
        return None
    if name == "severitynumber":
        return from_open_telemetry(int(value))
    if name == "severitylevel":
        return from_insights(int(value))
    return from_number(value, python=name == "levelno")


def level_word(text: str) -> str | None:
    """Return the level word at the start of text: in capitals, before a colon, in brackets, or as level=…"""
    match = _AT_START.match(text) or (_AS_PAIR.search(text, 0, _HEAD) if "=" in text or '"' in text else None)
    return match.group(match.lastgroup or 0) if match else None


def from_text(text: str) -> str | None:
    """Return the severity of plain text: its level word, or error for an unmistakable failure; else None."""
    if word := level_word(text):
        return from_word(word)
    return from_failure(text)


def from_failure(text: str) -> str | None:
    """Return error for text that starts like an unmistakable failure, such as a stack trace; else None."""
    return ERROR if _CERTAIN_ERROR.match(text) else None
