"""Lines of no named format: a time at the start, a level at the start, or plain text."""

from __future__ import annotations

import re

from logloop.lines import severities
from logloop.lines.formats.table import Format, set_time
from logloop.lines.parsed import Context, ParsedLine
from logloop.lines.severities import HEAD_LEVELS
from logloop.lines.times.timestamps import Stamp, find_time

_BEFORE_LEVEL = (
    r"(?:\[[^\]\n]{0,200}\]|\([^)\n]{0,200}\)|<[^>\n]{0,200}>|\d+|[\w$-]+(?:[.:/@#]{1,2}[\w$-]+)+|[\w-]+\$[\w$-]+"
    r"|[\w.$:/@#-]+(?=\s+[-|]\s)|[a-z][a-z0-9-]*\d[a-z0-9-]*)"
)
_HEAD = 1_200
"""Characters after the time in which a level may stand."""
# Each part is atomic, and a gap is never given back: otherwise a hostile line takes time beyond all bounds.
_LEVEL_AFTER_TIME = re.compile(
    rf"(?P<gap>[\]\)>\s,;|:-]*+)(?P<place>(?>{_BEFORE_LEVEL}[\s|,:-]+){{0,5}}?)"
    rf"(?:[\[(<]\s*(?:[\w.-]+:)?(?P<bracketed>(?i:{HEAD_LEVELS}))\s*[\])>]"
    rf"|(?P<upper>{HEAD_LEVELS})(?=[\s:!\]|,;/(\[>]|$)"
    rf"|(?P<word>(?i:{HEAD_LEVELS}))(?=\s*[|\]]|:(?!:)|\t))"
)
_AFTER_LEVEL = re.compile(r"[\s!:;,|\])>-]*")
_LEVEL_FIRST = re.compile(
    rf"[\[(<]?(?P<level>(?i:{HEAD_LEVELS}))[\])>]?[\s:|,-]+(?P<place>(?:\[(?!\d\d)[^\]\n]{{1,100}}\]|[A-Za-z][\w.$-]*(?=\s+[|-]\s))[\s:|-]+)?[\[(]?"
)
_LETTER_FIRST = re.compile(r"[\[(]?(?P<level>[VDITWEFC])[/,:|]? ?[\[(]?(?=\d)")
_GAP = re.compile(r"[\])\s]*(?:[|:,;]+\s*|-+\s+)*")
_SEPARATORS = "]) \t-|:,;"


def read_leading_time(text: str, start: int, stamp: Stamp | None, _context: Context) -> ParsedLine | None:
    """`2026-11-22 23:06:01,123 ERROR shop.pay failed`: any line that starts with a time, perhaps in brackets."""
    if stamp is None:
        return None
    parsed = ParsedLine("", format="time")
    set_time(parsed, stamp)
    head = text[:start].strip(" \t[(<")
    match = _LEVEL_AFTER_TIME.match(text, start, start + _HEAD)
    if match is None:
        parsed.message = _stripped(text, start)
        parsed.severity = severities.from_text(parsed.message)
    else:
        word = match["bracketed"] or match["upper"] or match["word"]
        parsed.set_level(word)
        after = match.end() if not match["place"] else match.start("place")
        if match["word"] and not (word.islower() or word.isupper() or match["place"]):
            after = match.start("word")  # "Error: no disk" may be how a sentence starts
        elif not match["place"]:
            gap = _AFTER_LEVEL.match(text, after)
            after = gap.end() if gap else after
        parsed.message = text[after:].rstrip() or text[start:].strip(_SEPARATORS) or text.strip()
    if head.replace(".", "", 1).isdecimal():
        parsed.message = text.strip()  # seconds since 1970 may also be another number
    return parsed


def _stripped(text: str, start: int) -> str:
    match = _GAP.match(text, start)
    return text[match.end() if match else start :].rstrip() or text.strip()


def read_level_first(text: str, start: int, _stamp: Stamp | None, context: Context) -> ParsedLine | None:
    """`ERROR 2026-11-22 23:06:01,123 text`: a level, perhaps a thread, then a time."""
    match = _LEVEL_FIRST.match(text, start) or _LETTER_FIRST.match(text, start)
    stamp = find_time(text, context, match.end()) if match else None
    if match is None or stamp is None:
        return None
    parsed = ParsedLine("", format="level-time")
    set_time(parsed, stamp)
    rest = _stripped(text, stamp.end)
    place = match["place"] if match.re is _LEVEL_FIRST else None
    if len(match["level"]) == 1:
        parsed.severity = severities.from_letter(match["level"])
    else:
        parsed.set_level(match["level"])
    parsed.message = f"{place.strip()} {rest}" if place else rest
    return parsed


def plain(line: str) -> ParsedLine:
    """Any text; a level word at its start sets the severity."""
    word = severities.level_word(line)
    parsed = ParsedLine(line, is_header=word is not None)
    parsed.severity = severities.from_word(word) if word else severities.from_failure(line)
    return parsed


LEADING_TIME = Format(
    "time",
    read_leading_time,
    ("2026-11-22 23:06:01,123 [WARNING] shop.pay: slow", "2026-11-22 23:06:01 Connection refused: retrying in 5 s"),
    after_time=True,
)
LEVEL_FIRST = Format(
    "level-time",
    read_level_first,
    ("ERROR 2026-11-22 23:06:01,123 card refused", "W 2026-11-22 23:06:01 slow card"),
    "[(<TDVFICNLSHWEPAtdvficnlshwepa",
)
