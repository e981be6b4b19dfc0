"""Time zones: names, offsets, and the abbreviations that logs contain, with the ambiguous ones."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_CERTAIN = {
    "Z": 0, "UTC": 0, "GMT": 0, "UT": 0, "WET": 0, "WEST": 60, "CET": 60, "CEST": 120,
    "MEZ": 60, "MESZ": 120, "MEST": 120, "EET": 120, "EEST": 180, "MSK": 180, "MSD": 240, "TRT": 180,
    "SAST": 120, "NPT": 345, "WIB": 420, "WITA": 480,
    "HKT": 480, "SGT": 480, "JST": 540, "KST": 540, "AWST": 480, "ACST": 570, "ACDT": 630, "AEST": 600,
    "AEDT": 660, "NZST": 720, "NZDT": 780, "EDT": -240, "CDT": -300, "MDT": -360, "PDT": -420, "AKST": -540,
    "AKDT": -480, "HST": -600, "HDT": -540, "NDT": -150, "BRT": -180, "BRST": -120, "UYT": -180, "CLT": -240,
    "CLST": -180, "YEKT": 300, "OMST": 360, "NOVT": 420, "KRAT": 420, "IRKT": 480, "YAKT": 540, "VLAT": 600,
}  # fmt: skip
_AMBIGUOUS = {
    "EST": (-300, 600), "CST": (-360, 480, -300), "MST": (-420, 480, 390), "PST": (-480, 480), "IST": (330, 120, 60),
    "BST": (60, 360, 660), "AST": (-240, 180), "ADT": (-180, 240), "SST": (-660, 480), "NST": (-210, 660),
    "AMT": (-240, 240), "GST": (240, -120), "PKT": (300,), "IDT": (180,), "PHT": (480,), "PHST": (480,),
}  # fmt: skip
"""Offsets in minutes, the most widespread first. The zone of the lines decides; without its word the first counts."""

ABBREVIATION = r"[A-Z]{2,5}"


class LocalZone(tzinfo):
    """This machine's zone, including daylight saving time."""

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        """Return the offset of a local wall-clock time."""
        return moment.replace(tzinfo=None).astimezone().utcoffset() if moment else None

    def dst(self, _moment: datetime | None) -> timedelta | None:
        """Return None; the offset includes it."""
        return None

    def tzname(self, moment: datetime | None) -> str:
        """Return the abbreviation at a local wall-clock time."""
        return (moment.replace(tzinfo=None).astimezone().tzname() if moment else None) or "local"


def parse_zone(text: str) -> tzinfo:
    """Parse `local`, `UTC`, an offset such as `+02:00` or a name such as `Europe/Berlin`. Raises ValueError."""
    if text.lower() == "local":
        return LocalZone()
    if text.upper() in {"UTC", "Z", "GMT"}:
        return UTC
    if re.fullmatch(r"[+-]\d\d:?\d\d", text, re.ASCII) and (zone := offset(text)):
        return zone
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"unknown time zone {text!r}; use local, UTC, +02:00 or Europe/Berlin") from error


@lru_cache(maxsize=256)
def offset(text: str) -> tzinfo | None:
    """Return the zone of an offset such as +02, +0200, -03:30 or UTC+2; None if no zone has it."""
    if text in {"Z", "z", "UTC", "GMT", "UT"}:
        return UTC
    match = re.fullmatch(r"(?:UTC|GMT)?([+-])(\d\d?):?(\d\d)?(?::?\d\d)?", text, re.ASCII)
    if match is None:
        return None
    hours, minutes = int(match[2]), int(match[3] or 0)
    if hours > 14 or minutes > 59:
        return None
    return timezone((-1 if match[1] == "-" else 1) * timedelta(hours=hours, minutes=minutes))


def abbreviated(name: str, moment: datetime, zone: tzinfo) -> tuple[tzinfo, bool] | None:
    """Return the zone of an abbreviation at a local time, and whether it is certain; None for an unknown one.

    When `zone` itself has this abbreviation, or one of its offsets, `zone` decides.
    """
    minutes = _CERTAIN.get(name)
    if minutes is not None:
        return timezone(timedelta(minutes=minutes)) if minutes else UTC, True
    for fold in (0, 1):
        local = moment.replace(tzinfo=zone, fold=fold)
        if local.tzname() == name:
            return timezone(local.utcoffset() or timedelta()), True
    offsets = _AMBIGUOUS.get(name)
    if offsets is None:
        return None
    here = moment.replace(tzinfo=zone).utcoffset() or timedelta()
    for candidate in offsets:
        if timedelta(minutes=candidate) == here:
            return timezone(here), True
    return timezone(timedelta(minutes=offsets[0])), len(offsets) == 1


def is_known(name: str) -> bool:
    """Return whether an abbreviation is in the tables."""
    return name in _CERTAIN or name in _AMBIGUOUS
