"""A platform as `logloop up` starts it, with its data on disk and logs of the last hour."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.report import Report
from benchmarks.sending.load import LoadPlan, run_load
from benchmarks.testbed import file_system
from tests.system.up_process import Up, eventually

LOGS_PER_REQUEST = 1000
RARE_NUMBERS = tuple(f"7{number:06d}" for number in range(8))
"""Each is the order number in three lines."""
_PROJECT = "demo"
_RARE_LINES = 3
_INCIDENT_LINES = 400


@contextmanager
def open_platform(report: Report) -> Iterator[Up]:
    """Start the platform, and stop and remove it afterwards."""
    parent = Path("/var/tmp") if Path("/var/tmp").is_dir() else Path(tempfile.gettempdir())
    folder = Path(tempfile.mkdtemp(prefix="logloop-bench-web-", dir=parent))
    up = Up(folder / "home")
    try:
        up.wait_ready()
        report.figures["disk"] = file_system(folder)
        yield up
    finally:
        up.stop()
        shutil.rmtree(folder, ignore_errors=True)


def fill(up: Up, logs: int) -> None:
    """Send logs of the last hour, rare lines and an incident, and wait until all of them are found."""
    plan = LoadPlan(
        url=f"{up.url}/api/v1/logs",
        key=up.credentials["api_key"],
        project=_PROJECT,
        profile="short",
        requests=logs // LOGS_PER_REQUEST,
        logs_per_request=LOGS_PER_REQUEST,
        connections=4,
        begin_hours_ago=0.9,
        end_hours_ago=0.01,
    )
    result = run_load(plan)
    if result.accepted_requests != plan.requests:
        raise RuntimeError(f"only {result.accepted_requests} of {plan.requests} requests were accepted")
    special = [*_rare_lines(), *_incident()]
    with up.client() as client:
        client.post("/api/v1/logs", json=special).raise_for_status()
        params = {"project_id": _PROJECT, "since": "2h"}
        wanted = plan.requests * LOGS_PER_REQUEST + len(special)
        eventually(lambda: client.get("/api/v1/logs/histogram", params=params).json()["total"] >= wanted)


def _entry(seconds_ago: float, severity: str, message: str) -> dict[str, str]:
    moment = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    common = {"project_id": _PROJECT, "service_id": "payment", "timestamp": moment.isoformat()}
    return common | {"severity": severity, "message": message}


def _rare_lines() -> list[dict[str, str]]:
    return [
        _entry(600 + 60 * turn, "info", f"order {number} packed")
        for number in RARE_NUMBERS
        for turn in range(_RARE_LINES)
    ]


def _incident() -> list[dict[str, str]]:
    """Errors of the last two minutes that were not there before, so that an analysis has something to find."""
    return [
        _entry(turn * 120 / _INCIDENT_LINES, "error", f"connection to pay-eu refused after {turn} ms")
        for turn in range(_INCIDENT_LINES)
    ]
