"""The incident that the browser tests analyze: in a shop, an exception begins that was never seen before."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlencode

import httpx

from tests.fakes.incidents import START as SIMULATED_START
from tests.fakes.incidents import incident
from tests.system.up_process import eventually

EXCEPTION = "KeyError: 'currency' in price_of"
SERVICE = "checkout"
UNTIL = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
SINCE = UNTIL - timedelta(minutes=15)
RANGE = urlencode({"from": SINCE.isoformat()[:19] + "Z", "to": UNTIL.isoformat()[:19] + "Z"})
"""The part of an address that selects the incident."""
_BATCH = 2000


def send_incident(client: httpx.Client, project: str) -> None:
    """Store the incident and the time before it."""
    entries = [{"project_id": project, **entry} for entry in _entries()]
    for start in range(0, len(entries), _BATCH):
        client.post("/api/v1/logs", json=entries[start : start + _BATCH]).raise_for_status()
    params = {"project_id": project, "since": "1d"}
    eventually(
        lambda: client.get("/api/v1/logs/histogram", params=params).raise_for_status().json()["total"] == len(entries)
    )


def send_exceptions(client: httpx.Client, project: str, count: int) -> None:
    """Let the exception of the incident happen again, now."""
    now = datetime.now(UTC).isoformat()
    entries = [
        {
            "project_id": project,
            "service_id": SERVICE,
            "severity": "error",
            "message": f"{EXCEPTION}(item={number + 1})",
            "timestamp": now,
        }
        for number in range(count)
    ]
    client.post("/api/v1/logs", json=entries).raise_for_status()


@cache
def _entries() -> list[dict[str, Any]]:
    simulated = incident("new_exception")
    shift = SINCE - SIMULATED_START
    return [
        {
            "service_id": line["service_id"],
            "severity": line["severity"],
            "message": line["message"],
            "timestamp": (line["timestamp"] + shift).isoformat(),
            "attributes": {},
        }
        for table in (simulated.baseline, simulated.window)
        for line in table.to_pylist()
    ]
