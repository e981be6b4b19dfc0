"""The forms of times in text, as regular expressions with named parts.

`y` `mo` `mon` `d` are the date, `h` `mi` `s` `f` the clock, `ampm` and `z` what may follow. `a` `b` `c` are the
numbers of a date whose order the file or the program decides.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from logloop.lines.times.zones import ABBREVIATION

_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTHS = {name: number for number, name in enumerate(_NAMES, 1)}

_MON = (
    r"(?P<mon>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:t(?:ember)?)?|"
    r"Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)\.?"
)
_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:day|sday|nesday|rsday|urday)?,? "
_FRACTION = r"(?:[.,](?P<f>\d{1,9})\d*)?"
_CLOCK = rf"(?P<h>\d\d?):(?P<mi>\d\d):(?P<s>\d\d){_FRACTION}"
_CLOCK_MINUTES = rf"(?P<h>\d\d?):(?P<mi>\d\d)(?::(?P<s>\d\d){_FRACTION})?(?!\d)"
_AMPM = r"(?:\s(?P<ampm>[AaPp]\.?[Mm]\.?)\b)?"
_OFFSET = r"[+-]\d\d:?\d\d(?!\d)"
_ZONE = (
    rf"(?P<z>[Zz](?!\w)|[+-]\d\d(?![\d:])|\s?{_OFFSET}|\s?(?:UTC|GMT)[+-]\d\d?(?::?\d\d)?(?!\d)|\s{ABBREVIATION}(?!\w)"
    r"|(?:UTC|GMT)(?!\w))?"
)


class TimeForm(NamedTuple):
    """One form. `uses_now` is set when the present decides about a missing year or date."""

    name: str
    regex: re.Pattern[str]
    uses_now: bool = False


def _form(name: str, regex: str, *, uses_now: bool = False) -> TimeForm:
    return TimeForm(name, re.compile(regex, re.ASCII), uses_now)


_ISO = (
    rf"(?P<y>\d{{4}})([-/.])(?P<mo>\d\d?)\2(?P<d>\d\d?)(?:[Tt_]|,? {{1,2}}| - |[:-])(?=\d)"
    rf"{_CLOCK_MINUTES}{_AMPM}{_ZONE}"
)
ISO = _form("iso", _ISO)
_DAY_ISO = _form("day-iso", _DAY + _ISO)
_DB2 = _form(
    "db2", r"(?P<y>\d{4})-(?P<mo>\d\d)-(?P<d>\d\d)-(?P<h>\d\d)\.(?P<mi>\d\d)\.(?P<s>\d\d)(?:\.(?P<f>\d{1,9}))?"
)
_BASIC = _form(
    "basic",
    r"(?P<y>\d{4})(?P<mo>\d\d)(?P<d>\d\d)[T-](?P<h>\d\d)(?P<mi>\d\d)(?P<s>\d\d)"
    rf"(?:[.,](?P<f>\d{{1,9}}))?{_ZONE}(?!\d)",
)
_COMPACT_CLOCK = _form(
    "compact",
    r"(?P<y>\d{4})(?P<mo>\d\d)(?P<d>\d\d)[ T-](?P<h>\d\d?):(?P<mi>\d\d?):(?P<s>\d\d?)(?:[.,:](?P<f>\d{1,9}))?"
    rf"(?!\d){_ZONE}",
)
_SIX_DIGITS = _form(
    "six", rf"(?P<y2>\d\d)(?P<mo>\d\d)(?P<d>\d\d) {{1,2}}(?P<h>\d\d?):?(?P<mi>\d\d):?(?P<s>\d\d){_FRACTION}(?!\d)"
)
_GLOG = _form("glog", rf"(?P<mo>\d\d)(?P<d>\d\d) {_CLOCK}", uses_now=True)
_NAMED = _form(
    "named",
    rf"(?P<d>\d\d?)([/ -]?){_MON}\2(?P<y>\d{{4}}|\d\d(?!\d))(?:::?|,? {{1,2}}|T)(?=\d)"
    rf"{_CLOCK_MINUTES}{_AMPM}{_ZONE}",
)
_NAMED_NO_YEAR = _form("named-no-year", rf"(?P<d>\d\d?) {_MON} {_CLOCK}", uses_now=True)
_SLASHES = _form(
    "slashes",
    rf"(?P<a>\d\d?)(?P<sep>[/.-])(?P<b>\d\d?)(?P=sep)(?P<c>\d{{4}}|\d\d)(?:,? {{1,2}}|[T:-])(?=\d)"
    r"(?P<h>\d\d?):(?P<mi>\d\d)(?::(?P<s>\d\d)(?:[.,:](?P<f>\d{1,9})\d*)?)?(?!\d)"
    rf"{_AMPM}{_ZONE}",
    uses_now=True,
)
_MONTH_DAY = _form("month-day", rf"(?P<mo>\d\d?)[-/.](?P<d>\d\d?) {_CLOCK}", uses_now=True)
_CLOCK_ONLY = _form(
    "clock", rf"(?P<h>\d\d?):(?P<mi>\d\d):(?P<s>\d\d)(?:[.,](?P<f>\d{{1,9}}))?(?![\d:]){_AMPM}", uses_now=True
)
_BY_MONTH = _form(
    "by-month",
    rf"(?:{_DAY})?{_MON} {{1,2}}(?P<d>\d\d?)(?:,? (?P<y>\d{{4}}),?)? {_CLOCK}{_AMPM}"
    rf"(?: (?P<z1>{_OFFSET}|{ABBREVIATION}(?=[ ]\d{{4}}\b)))?(?: {ABBREVIATION}(?=[ ]\d{{4}}\b))?"
    rf"(?:[ ](?P<y1>(?:19|20)\d\d)(?![\w.:/-]))?{_ZONE}",
    uses_now=True,
)
_BY_DAY_NAME = _form("by-day", rf"{_DAY}(?P<d>\d\d?)[ -]{_MON}[ -](?P<y>\d{{4}}|\d\d(?!\d)) {_CLOCK}{_AMPM}{_ZONE}")

_FOUR = (ISO, _DB2, _GLOG)
_TWO = (_NAMED_NO_YEAR, _NAMED, _SLASHES, _MONTH_DAY, _CLOCK_ONLY)
_AFTER_TWO = {
    " ": (_NAMED_NO_YEAR, _NAMED),
    "/": (_NAMED, _SLASHES, _MONTH_DAY),
    "-": (_NAMED, _SLASHES, _MONTH_DAY),
    ".": (_SLASHES, _MONTH_DAY),
    ":": (_CLOCK_ONLY,),
} | dict.fromkeys("JFMASOND", (_NAMED,))
"""The forms that start with one or two digits, by the character after these."""
_BY_DIGITS = {4: _FOUR, 6: (_SIX_DIGITS,), 8: (_COMPACT_CLOCK, _BASIC)}
FORMS = {
    form.name: form for form in (*_FOUR, *_TWO, *_BY_DIGITS[6], *_BY_DIGITS[8], _BY_MONTH, _BY_DAY_NAME, _DAY_ISO)
}
_LEADING_DIGITS = re.compile(r"\d{1,9}", re.ASCII)
_LETTERS = (_BY_MONTH, _BY_DAY_NAME, _DAY_ISO)
_LETTER_STARTS = frozenset("JFMASONDTW")
TIME_STARTS = _LETTER_STARTS | frozenset("0123456789")
"""The characters that a time may start with."""
SECONDS = re.compile(r"1\d{9}(?![\w.])", re.ASCII)
"""Seconds since 1970 without a fraction, which may also be another number."""
EPOCH = re.compile(r"\d{10}\.\d{3,9}(?![\d.])|\d{13}(?!\d)", re.ASCII)


def forms_at(text: str, start: int) -> tuple[TimeForm, ...]:
    """Return the forms that may start at an index of text."""
    if text[start + 4 : start + 5] == "-" and text[start + 10 : start + 11] in {"T", " "}:
        return _FOUR  # the usual case
    digits = _LEADING_DIGITS.match(text, start)
    if digits:
        end = digits.end()
        if end - start <= 2:
            return _AFTER_TWO.get(text[end : end + 1], ())
        return _BY_DIGITS.get(end - start, ())
    return _LETTERS if text[start : start + 1] in _LETTER_STARTS else ()


_THREE_NUMBERS = re.compile(r"(\d\d?)[/.-](\d\d?)[/.-](\d{4}|\d\d)(?:,? {1,2}|[T:-])\d\d?:\d\d", re.ASCII)


def date_orders(text: str) -> set[str] | None:
    """Return the orders that the date at the start of text may have; None without such a date."""
    match = _THREE_NUMBERS.match(text)
    if match is None:
        return None
    first, second, third = (int(number) for number in match.groups())
    is_short = len(match[3]) == 2
    possible = set()
    if is_short and 1 <= second <= 12 and 1 <= third <= 31:
        possible.add("ymd")
    if 1 <= first <= 12 and 1 <= second <= 31:
        possible.add("mdy")
    if 1 <= second <= 12 and 1 <= first <= 31:
        possible.add("dmy")
    return possible
