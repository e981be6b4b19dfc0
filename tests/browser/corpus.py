"""The logs of the browser tests: a small incident, many shapes of lines, and attributes to filter by."""

import random
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlencode

SERVICES = ("gateway", "checkout", "payment", "cart")
START = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=40)
CORPUS_SINCE = START.strftime("%Y-%m-%dT%H:%M:%SZ")
CORPUS_UNTIL = (START + timedelta(minutes=21)).strftime("%Y-%m-%dT%H:%M:%SZ")
CORPUS_RANGE = urlencode({"from": CORPUS_SINCE, "to": CORPUS_UNTIL})
"""The part of an address that selects the corpus, and not the lines that tests send."""
WORDS = ("order", "accepted", "timed out", "refused", "retry", "Zahlung", "confirmed", "disk", "full", "customer")
LONG_LINE = (
    "Traceback (most recent call last):\n" + '  File "pay.py", line 30, in charge\n' * 14 + "TimeoutError: pay-eu"
)
TRACE = "662E41"
"""Looks like a number, which must stay text in addresses."""


@cache
def corpus() -> list[dict[str, Any]]:
    """Return 600 log entries, oldest first. The same at each call."""
    source = random.Random(7)
    entries: list[dict[str, Any]] = []
    for number in range(600):
        severity = source.choices(("info", "debug", "warn", "error"), (70, 15, 5, 10))[0]
        attributes: dict[str, Any] = {"host": f"web-{number % 3}", "took_ms": source.randint(1, 500)}
        if number % 5 == 0:
            attributes["http"] = {"status": source.choice((200, 404, 502))}
        if number % 40 == 7:
            attributes["trace_id"] = TRACE
        entry = {
            "project_id": "demo",
            "service_id": source.choice(SERVICES),
            "severity": severity,
            "message": f"{' '.join(source.sample(WORDS, 3))} {number} in {source.randint(1, 999)} ms",
            "timestamp": (START + timedelta(seconds=number * 2)).isoformat(),
            "attributes": attributes,
        }
        if number % 4 == 1:
            entry["func_id"] = f"shop.{entry['service_id']}:handle"
        if number % 6 == 2:
            entry["source"] = source.choice(("stdout", "stderr"))
        entries.append(entry)
    entries[599] |= {"severity": "error", "service_id": "payment", "message": LONG_LINE}
    return entries
