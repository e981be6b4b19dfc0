"""Measures how soon an accepted log appears in a search and in a live tail, under load from other senders.

`python -m benchmarks.sending.freshness '{…}'` runs the probe as a separate process.
"""

import asyncio
import json
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from benchmarks.sending.http_client import Connection, request_head, stream
from benchmarks.sending.load import percentile

POLL_S = 0.02
_GRACE_S = 10.0


@dataclass(frozen=True)
class FreshnessPlan:
    """Where to send and search, and how many marked logs to send at which interval in seconds."""

    ingest_url: str
    query_url: str
    key: str
    project: str
    markers: int = 300
    every_s: float = 0.1


@dataclass(frozen=True)
class FreshnessResult:
    """Milliseconds from the 202 until a log is visible. Values of searches include the polling interval."""

    searchable_p50_ms: float
    searchable_p99_ms: float
    tail_p50_ms: float
    tail_p99_ms: float
    searched: int
    tailed: int
    markers: int
    poll_ms: float


class _Probe:
    def __init__(self, plan: FreshnessPlan) -> None:
        self._plan = plan
        self._mark = f"freshness{time.time_ns():x}"
        self._accepted: dict[int, float] = {}
        self._searched: dict[int, float] = {}
        self._tailed: dict[int, float] = {}
        self._polls: list[float] = []
        self._all_seen = asyncio.Event()

    def _numbers(self, text: bytes) -> set[int]:
        mark = f"{self._mark}-".encode()
        return {int(chunk[:6]) for chunk in text.split(mark)[1:] if chunk[:6].isdigit()}

    async def run(self) -> FreshnessResult:
        tail = asyncio.create_task(self._tail())
        await asyncio.sleep(1.0)  # the tail's queue is bound by then; it does not get earlier logs
        search = asyncio.create_task(self._search())
        await self._send()
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_S):
                await self._all_seen.wait()
        for task in (tail, search):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        return self._result()

    def _check_whether_all_seen(self) -> None:
        if min(len(self._searched), len(self._tailed)) == self._plan.markers:
            self._all_seen.set()

    def _result(self) -> FreshnessResult:
        def delays(seen: dict[int, float]) -> list[float]:
            return sorted(max(0.0, seen[n] - self._accepted[n]) * 1000 for n in seen if n in self._accepted)

        searched, tailed = delays(self._searched), delays(self._tailed)
        return FreshnessResult(
            percentile(searched, 0.5),
            percentile(searched, 0.99),
            percentile(tailed, 0.5),
            percentile(tailed, 0.99),
            len(searched),
            len(tailed),
            self._plan.markers,
            percentile(sorted(self._polls), 0.5),
        )

    async def _send(self) -> None:
        plan = self._plan
        url = f"{plan.ingest_url}/api/v1/logs"
        connection = await Connection.open(url)
        begin = time.monotonic()
        for number in range(plan.markers):
            await asyncio.sleep(max(0.0, begin + number * plan.every_s - time.monotonic()))
            entry = {
                "project_id": plan.project,
                "service_id": "probe",
                "severity": "info",
                "timestamp": datetime.now(UTC).isoformat(),
                "message": f"{self._mark}-{number:06d}",
            }
            body = json.dumps(entry).encode()
            status, response = await connection.exchange(
                request_head("POST", url, key=plan.key, length=len(body)), body
            )
            if status != 202:
                raise RuntimeError(f"unexpected status {status}: {response!r}")
            self._accepted[number] = time.monotonic()

    async def _search(self) -> None:
        plan = self._plan
        connection = await Connection.open(plan.query_url)
        while True:
            # Search only as far back as markers can be missing, as a user does who waits for a line.
            since = quote((datetime.now(UTC) - timedelta(seconds=5)).isoformat())
            url = f"{plan.query_url}/api/v1/logs?project_id={plan.project}&q={self._mark}&since={since}&limit=200"
            sent_at = time.monotonic()
            status, response = await connection.exchange(request_head("GET", url, key=plan.key))
            if status != 200:
                raise RuntimeError(f"unexpected status {status}: {response[:500]!r}")
            now = time.monotonic()
            self._polls.append((now - sent_at) * 1000)
            for number in self._numbers(response) - self._searched.keys():
                self._searched[number] = now
            self._check_whether_all_seen()
            await asyncio.sleep(POLL_S)

    async def _tail(self) -> None:
        plan = self._plan
        url = f"{plan.query_url}/api/v1/logs/tail?project_id={plan.project}&q={self._mark}"
        head = request_head("GET", url, key=plan.key, extra="Accept: text/event-stream\r\n")
        rest = b""
        async for chunk in stream(plan.query_url, head):
            now = time.monotonic()
            whole, _, rest = (rest + chunk).rpartition(b"\n")
            for number in self._numbers(whole) - self._tailed.keys():
                self._tailed[number] = now
            self._check_whether_all_seen()


def measure_freshness(plan: FreshnessPlan) -> "subprocess.Popen[str]":
    """Start the probe as a process; `read_result` returns its result."""
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.sending.freshness", json.dumps(asdict(plan))],
        stdout=subprocess.PIPE,
        text=True,
    )


def read_result(process: "subprocess.Popen[str]") -> FreshnessResult:
    """Wait for the probe to end and return its result."""
    try:
        out, _ = process.communicate(timeout=180)
    finally:
        process.kill()
    if process.returncode != 0:
        raise RuntimeError("the probe failed; its error is above")
    return FreshnessResult(**json.loads(out))


def main() -> None:
    """Entry point of the probe process."""
    import uvloop

    async def run() -> FreshnessResult:
        return await _Probe(FreshnessPlan(**json.loads(sys.argv[1]))).run()

    sys.stdout.write(json.dumps(asdict(uvloop.run(run()))) + "\n")


if __name__ == "__main__":
    main()
