"""The result of reading a line, shared by all formats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any, NamedTuple

from logloop.lines import severities


def merged(inner: Mapping[str, Any], outer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of a text and of what is around it. Of two values, the outer one gets another name."""
    result = dict(inner)
    for name, value in outer.items():
        if name not in result:
            result[name] = value
        elif result[name] != value:
            result[f"outer.{name}"] = value
    return result


_LONGEST_LEVEL = 64


class Context(NamedTuple):
    """What a reader needs besides the line: the zone of times without one, the present, and the order of dates.

    `date_order` is `ymd`, `mdy` or `dmy` once the file shows it; it decides about dates such as 05/06/07.
    `hosts` are the names that are certainly hosts in this input, and `formats` those that it certainly contains.
    `has_epochs` is set when its lines start with seconds since 1970. `has_prefixes` is set when its lines have the
    prefixes of Docker Compose with names of containers that have no number.
    """

    zone: tzinfo
    now: datetime
    date_order: str = ""
    hosts: frozenset[str] = frozenset()
    formats: frozenset[str] = frozenset()
    has_prefixes: bool = False
    has_epochs: bool = False


@dataclass(slots=True)
class ParsedLine:
    """A parsed line. Fields that the line does not contain are None; `timestamp` is in UTC."""

    message: str
    timestamp: datetime | None = None
    severity: str | None = None
    severity_text: str | None = None
    service_id: str | None = None
    test_id: str | None = None
    func_id: str | None = None
    source: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    is_header: bool = True
    """Whether the line certainly starts a record: it has a time, a level or a known format."""
    format: str = "text"
    """The name of the format that read the line."""
    is_certain: bool = False
    """Whether the line proves that the input contains its format, so that lines with less may have it too."""
    later: datetime | None = None
    """The second reading of a local time that occurs twice, when clocks go back."""
    more: list[ParsedLine] = field(default_factory=list)
    """Further records of the same line, as in CloudTrail files and OTLP requests."""

    def set_level(self, word: str | None) -> None:
        """Set the severity from a level word; a word other than the four severities is kept."""
        if not word:
            return
        severity, self.severity_text = level_of(word)
        self.severity = severity or self.severity


def level_of(word: str) -> tuple[str | None, str | None]:
    """Return the severity of a level word, and the word if it says more than the severity."""
    return _known_level(word) if len(word) <= _LONGEST_LEVEL else (None, word.strip())


@lru_cache(maxsize=1024)
def _known_level(word: str) -> tuple[str | None, str | None]:
    text = word.strip()
    return severities.from_word(text), None if text.lower() in severities.FOUR else text
