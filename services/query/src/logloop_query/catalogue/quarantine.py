"""A test in quarantine may fail for a while without failing its run. A quarantine ends by itself."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from logloop_chassis.database.client import Document
from logloop_chassis.http.problems import Unprocessable

UNTIL, REASON = "quarantined_until", "quarantine_reason"
LONGEST = timedelta(days=90)


def changes(given: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return fields of a test to set, with both fields of a quarantine or none. Raises Unprocessable.

    A quarantine needs a reason and an end within 90 days. To end it early, set `quarantined_until` to null.
    """
    found = dict(given)
    until, reason = found.get(UNTIL), found.get(REASON)
    if until is None:
        if reason is not None:
            raise Unprocessable("quarantine_reason needs quarantined_until, the time at which the quarantine ends")
        return {**found, UNTIL: None, REASON: None} if {UNTIL, REASON} & found.keys() else found
    if reason is None:
        raise Unprocessable("quarantined_until needs quarantine_reason; say why the test may fail")
    if not now < until <= now + LONGEST:
        raise Unprocessable(f"quarantined_until must be in the future and at most {LONGEST.days} days ahead")
    return found


def condition(quarantined: bool | None, now: datetime) -> dict[str, Document]:
    """Return query operators that find the tests in quarantine, the others, or all."""
    if quarantined is None:
        return {}
    later = {"$gt": now}
    return {UNTIL: later if quarantined else {"$not": later}}


def in_force(test: Document, now: datetime) -> dict[str, Any]:
    """Return the end and the reason of a test's quarantine, both None when it is not in quarantine."""
    until = test.get(UNTIL)
    if until is None or until <= now:
        return {UNTIL: None, REASON: None}
    return {UNTIL: until, REASON: test.get(REASON)}
