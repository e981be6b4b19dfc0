"""Sends numbered lines at a steady rate, in a process of its own: `python -m benchmarks.web.sender '{…}'`.

It prints, as one JSON object, when each request was sent and the number of its last line that the filter selects.
"""

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import orjson

from benchmarks.sending.http_client import Connection, request_head

FILTER = 'severity:info "order" -healthcheck service:(checkout OR cart)'
"""A filter as people write it: a field, a text, an exclusion and two alternatives. It selects four lines of five."""
REQUESTS_PER_S = 20
_OF = 5
"""One line of so many does not match the filter."""


@dataclass(frozen=True)
class SendPlan:
    """Where to send, for how many seconds, how many matching lines per second, and their first number."""

    url: str
    key: str
    project: str
    seconds: float
    matching_per_s: int
    first: int = 0


@dataclass(frozen=True)
class Sent:
    """What was sent: for each request the time before it was sent (ms since 1970) and its last matching number."""

    requests: list[tuple[float, int]]
    matching: int
    seconds: float


def _entries(plan: SendPlan, first: int, matching: int) -> list[dict[str, object]]:
    moment = datetime.now(UTC).isoformat()
    common: dict[str, object] = {"project_id": plan.project, "timestamp": moment}
    found: list[dict[str, object]] = []
    for number in range(first, first + matching):
        service = "checkout" if number % 2 else "cart"
        found.append(
            common
            | {
                "service_id": service,
                "severity": "info",
                "message": f"order {number} accepted from user {number % 4999} in {number % 97} ms",
                "attributes": {"host": f"node-{number % 12:02d}", "http": {"status": 200}},
            }
        )
        if number % (_OF - 1) == 0:
            found.append(common | {"service_id": service, "severity": "debug", "message": f"healthcheck {number}"})
    return found


async def _send(plan: SendPlan) -> Sent:
    url = f"{plan.url}/api/v1/logs"
    connection = await Connection.open(url)
    each = plan.matching_per_s // REQUESTS_PER_S
    requests: list[tuple[float, int]] = []
    begin = time.monotonic()
    number = plan.first
    for turn in range(round(plan.seconds * REQUESTS_PER_S)):
        await asyncio.sleep(max(0.0, begin + turn / REQUESTS_PER_S - time.monotonic()))
        body = orjson.dumps(_entries(plan, number, each))
        number += each
        sent_at = time.time() * 1000
        status, response = await connection.exchange(request_head("POST", url, key=plan.key, length=len(body)), body)
        if status != 202:
            raise RuntimeError(f"unexpected status {status}: {response[:500]!r}")
        requests.append((sent_at, number - 1))
    return Sent(requests, number - plan.first, time.monotonic() - begin)


def start_sender(plan: SendPlan) -> "subprocess.Popen[str]":
    """Start sending at once; `result_of` returns what was sent."""
    command = [sys.executable, "-m", "benchmarks.web.sender", json.dumps(asdict(plan))]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def result_of(process: "subprocess.Popen[str]", timeout_s: float) -> Sent:
    """Wait for the end and return what was sent. Raises RuntimeError if a request failed."""
    try:
        out, _ = process.communicate(timeout=timeout_s)
    finally:
        process.kill()
    if process.returncode != 0:
        raise RuntimeError("the sender failed; its error is above")
    return Sent(**json.loads(out))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(asyncio.run(_send(SendPlan(**json.loads(sys.argv[1])))))) + "\n")
