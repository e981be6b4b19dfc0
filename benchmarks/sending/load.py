"""A load client in a process of its own, so that its CPU is counted separately.

Run it with `python -m benchmarks.sending.load '{…}'`.

It prepares its requests, prints `ready`, waits for a line on standard input, sends everything and prints its
measurements as one JSON object.
"""

import asyncio
import json
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta

from benchmarks.sending.encodings import ENCODINGS
from benchmarks.sending.http_client import Connection, request_head
from benchmarks.sending.lines import PROFILES, at_second, body, with_needle

_ACCEPTED = (202, 200, 204)


@dataclass(frozen=True)
class LoadPlan:
    """What one client process sends.

    The requests move through the window from `begin_hours_ago` to `end_hours_ago`; all logs of a request lie within
    one second. Without a window (0, 0) each request has the second in which it is sent.
    `protocol`: the format of the bodies; all of them are built before the start if it is not own JSON.
    `needle`: text put into the first line of request number `needle_at`. `rate`: requests per second; 0 means as fast
    as the connections allow. `bodies`: number of distinct bodies built before the start.
    """

    url: str
    key: str
    project: str
    profile: str
    requests: int
    logs_per_request: int
    connections: int
    seed: int = 1
    begin_hours_ago: float = 0.0
    end_hours_ago: float = 0.0
    bodies: int = 100
    rate: float = 0.0
    needle: str = ""
    needle_at: int = -1
    protocol: str = "json"


@dataclass(frozen=True)
class LoadResult:
    """What a client measured. Times in seconds of the monotonic clock; latencies of accepted requests in ms."""

    begin: float
    end: float
    accepted_requests: int
    statuses: dict[str, int]
    p50_ms: float
    p99_ms: float
    max_ms: float
    cpu_s: float

    @property
    def rejected(self) -> int:
        """Responses that refuse a request."""
        return sum(self.statuses.values()) - self.accepted_requests


@dataclass
class _Measurements:
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)


class _Sender:
    def __init__(self, plan: LoadPlan) -> None:
        self._plan = plan
        self._bodies = [
            body(PROFILES[plan.profile], plan.project, plan.seed * 100_000 + number, plan.logs_per_request)
            for number in range(min(plan.bodies, plan.requests))
        ]
        self._now = datetime.now(UTC)
        self._encoding = ENCODINGS[plan.protocol]
        self._encoded: list[bytes] = []
        if plan.protocol != "json":
            self._encoded = [self._encoding.body(self._entries(number)) for number in range(plan.requests)]
        self._heads: dict[int, bytes] = {}
        self._numbers: Iterator[int] = iter(range(plan.requests))
        self.measured = _Measurements()

    def _second(self, number: int) -> datetime:
        plan = self._plan
        if plan.begin_hours_ago == plan.end_hours_ago:
            return datetime.now(UTC)
        share = number / plan.requests
        hours_ago = plan.begin_hours_ago + (plan.end_hours_ago - plan.begin_hours_ago) * share
        return self._now - timedelta(hours=hours_ago)

    def _entries(self, number: int) -> bytes:
        text = at_second(self._bodies[number % len(self._bodies)], self._second(number))
        return with_needle(text, self._plan.needle) if number == self._plan.needle_at else text

    def _request(self, number: int) -> tuple[bytes, bytes]:
        plan = self._plan
        text = self._encoded[number] if self._encoded else self._entries(number)
        head = self._heads.get(len(text))
        if head is None:
            head = self._heads[len(text)] = request_head(
                "POST", plan.url, key=plan.key, length=len(text), media_type=self._encoding.media_type
            )
        return head, text

    async def _send(self, connection: Connection, begin: float) -> None:
        for number in self._numbers:
            if self._plan.rate:
                await asyncio.sleep(max(0.0, begin + number / self._plan.rate - time.monotonic()))
            head, text = self._request(number)
            sent = time.perf_counter()
            status, response = await connection.exchange(head, text)
            while status in {429, 503}:
                self.measured.statuses[status] += 1
                await asyncio.sleep(0.2)
                status, response = await connection.exchange(head, text)
            self.measured.statuses[status] += 1
            if status not in _ACCEPTED:
                raise RuntimeError(f"unexpected status {status}: {response[:500]!r}")
            self.measured.latencies.append((time.perf_counter() - sent) * 1000)

    async def run(self) -> LoadResult:
        plan = self._plan
        connections = [await Connection.open(plan.url) for _ in range(plan.connections)]
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
        before, begin = _cpu_s(), time.monotonic()
        await asyncio.gather(*(self._send(connection, begin) for connection in connections))
        end = time.monotonic()
        ordered = sorted(self.measured.latencies)
        return LoadResult(
            begin=begin,
            end=end,
            accepted_requests=sum(self.measured.statuses[status] for status in _ACCEPTED),
            statuses={str(status): count for status, count in self.measured.statuses.items()},
            p50_ms=percentile(ordered, 0.50),
            p99_ms=percentile(ordered, 0.99),
            max_ms=ordered[-1],
            cpu_s=_cpu_s() - before,
        )


def percentile(ordered: list[float], share: float) -> float:
    """Return the smallest value that at least `share` of the ordered values do not exceed."""
    return ordered[max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1)]


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


class LoadClient:
    """The parent's handle on a load client process, which prepares at once and sends on `go`."""

    def __init__(self, plan: LoadPlan) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.sending.load", json.dumps(asdict(plan))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def wait_prepared(self) -> None:
        """Wait until the bodies are built and the connections are open."""
        assert self._process.stdout is not None
        if self._process.stdout.readline() != "ready\n":
            raise RuntimeError("the load client did not become ready; its error is above")

    def go(self) -> None:
        """Start sending."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def result(self) -> LoadResult:
        """Wait for the end and return the result. Raises RuntimeError if a request failed."""
        out, _ = self._process.communicate()
        if self._process.returncode != 0:
            raise RuntimeError("the load client failed; its error is above")
        return LoadResult(**json.loads(out))

    def stop(self) -> None:
        """Kill the process."""
        self._process.kill()
        self._process.communicate()


def run_load(plan: LoadPlan) -> LoadResult:
    """Run a load plan in a new process and return its result."""
    client = LoadClient(plan)
    try:
        client.wait_prepared()
        client.go()
        return client.result()
    finally:
        client.stop()


def main() -> None:
    """Entry point of the client process."""
    import uvloop

    plan = LoadPlan(**json.loads(sys.argv[1]))
    result = uvloop.run(_prepare_and_run(plan))
    sys.stdout.write(json.dumps(asdict(result)) + "\n")


async def _prepare_and_run(plan: LoadPlan) -> LoadResult:
    return await _Sender(plan).run()


if __name__ == "__main__":
    main()
