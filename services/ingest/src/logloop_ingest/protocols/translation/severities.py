"""Finds the severity of entries whose format has other words for it, a number, or nothing but the text."""

import re
from functools import lru_cache

from logloop_contracts.log_entry import SEVERITY_ALIASES, Severity

_OF_SYSLOG = ("error", "error", "error", "error", "warn", "info", "info", "debug")
_BEGINNING = 512
"""Characters of a message in which a severity is searched."""
_NAMED = re.compile(r"""\b(?:level|lvl|severity|loglevel)["']?\s*[=:]\s*["']?([A-Za-z]+)""", re.IGNORECASE)
_WORD = re.compile(
    r"\b(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|FATAL|CRITICAL|CRIT|ALERT|EMERG|PANIC|SEVERE)\b"
)


@lru_cache(maxsize=1024)
def severity(word: str) -> str | None:
    """Return the severity of a word, None for an unknown one."""
    found = SEVERITY_ALIASES.get(word.strip().lower())
    return None if found is None else found.value


def severity_in(message: str) -> str:
    """Return the severity that the beginning of a message states, info if it states none."""
    beginning = message[:_BEGINNING]
    named = _NAMED.search(beginning)
    if named is not None and (found := severity(named[1])) is not None:
        return found
    word = _WORD.search(beginning)
    return Severity.INFO.value if word is None else severity(word[1]) or Severity.INFO.value


def of_syslog(level: int) -> str:
    """Return the severity of a syslog level: 0 is emergency, 7 is debug."""
    return _OF_SYSLOG[level] if 0 <= level < len(_OF_SYSLOG) else Severity.INFO.value
