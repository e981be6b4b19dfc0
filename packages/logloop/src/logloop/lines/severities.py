"""Determines the severity of a line from its level word, or from an unmistakable error such as a traceback.

The word "error" inside a sentence does not count.
"""

from __future__ import annotations

import re

ERROR, WARN, INFO, DEBUG = "error", "warn", "info", "debug"
WORDS = {
    "trace": DEBUG, "debug": DEBUG, "dbg": DEBUG, "verbose": DEBUG, "fine": DEBUG, "finer": DEBUG, "finest": DEBUG,
    "info": INFO, "information": INFO, "informational": INFO, "inf": INFO, "notice": INFO, "log": INFO,
    "statement": INFO, "detail": INFO, "hint": INFO, "success": INFO,
    "warn": WARN, "warning": WARN, "wrn": WARN,
    "error": ERROR, "err": ERROR, "fatal": ERROR, "critical": ERROR, "crit": ERROR, "alert": ERROR, "emerg": ERROR,
    "emergency": ERROR, "panic": ERROR, "severe": ERROR, "exception": ERROR, "failure": ERROR,
}  # fmt: skip
FOUR = frozenset({ERROR, WARN, INFO, DEBUG})
_SYSLOG = (ERROR, ERROR, ERROR, ERROR, WARN, INFO, INFO, DEBUG)

_LEVEL = (
    "TRACE|DEBUG|DBG|VERBOSE|FINEST|FINER|FINE|INFO|INF|NOTICE|LOG|STATEMENT|DETAIL|HINT|SUCCESS|WARNING|WARN|WRN|"
    "ERROR|ERR|FATAL|CRITICAL|CRIT|ALERT|EMERG|PANIC|SEVERE"
)
_IN_BRACKETS = re.compile(rf"[\[<(](?:\w+:)?({_LEVEL})[\])>]", re.IGNORECASE)
_AS_WORD = re.compile(rf"(?<![\w/.=-])({_LEVEL})(?![\w/.=-]|\(s\))")
_AT_START = re.compile(rf"^\W{{0,3}}({_LEVEL}|exception|failure)\s?:", re.IGNORECASE)
_AS_PAIR = re.compile(rf"\b(?:level|lvl|severity)[=:]\s?\"?({_LEVEL})\b", re.IGNORECASE)
_CERTAIN_ERROR = re.compile(
    r"Traceback \(most recent call last\)|^panic: |^(?:E|F)\s{2,}|^\S*(?:Error|Exception)(?::|$)|^Segmentation fault"
)
_HEAD = 120


def from_word(word: str) -> str | None:
    """Return the severity of a level word in any case; None for an unknown word."""
    return WORDS.get(word.strip().lower())


def from_number(value: float, *, python: bool = False) -> str:
    """Return the severity of a numeric level: syslog below 10, else the scale of Bunyan and pino, or Python's."""
    if value < 10:
        return _SYSLOG[min(7, max(0, int(value)))]
    step = int(value) // 10 - (0 if python else 1)
    return (DEBUG, DEBUG, INFO, WARN, ERROR)[min(4, max(0, step))]


def from_field(name: str, value: object) -> str | None:
    """Return the severity in a structured field: a word, a letter as in glog and MongoDB, or a number."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return from_number(value, python=name == "levelno")
    text = str(value).strip()
    if text.isdigit():
        return from_number(int(text), python=name == "levelno")
    letter = {"F": ERROR, "E": ERROR, "W": WARN, "I": INFO, "D": DEBUG}.get(text[:1])
    if letter and (len(text) == 1 or (text[0] == "D" and text[1:].isdigit())):
        return letter
    return from_word(text)


def level_word(text: str) -> str | None:
    """Return the level word near the start of a line: in brackets, in capitals, before a colon, or as level=…"""
    head = text[:_HEAD]
    for form in (_IN_BRACKETS, _AS_WORD, _AT_START, _AS_PAIR):
        if match := form.search(head):
            return match.group(1)
    return None


def from_text(text: str) -> str:
    """Return the severity of plain text; info by default."""
    if word := level_word(text):
        return from_word(word) or INFO
    return ERROR if _CERTAIN_ERROR.search(text) else INFO
