"""Generates log lines for the measurements: short synthetic ones, and long ones like those of Java services.

Bodies are JSON arrays for `POST /api/v1/logs`. Each body has its own random content, all within one second. The
second is a placeholder that `at_second` replaces, so that one body serves for many seconds.
"""

import random
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import orjson

SECOND_PLACEHOLDER = "2000-01-01T00:00:00."
SERVICES = ("gateway", "checkout", "cart", "payment", "catalogue", "shipping", "accounts", "mailer")
SEVERITIES = ("info",) * 70 + ("debug",) * 18 + ("warn",) * 9 + ("error",) * 3
FREQUENT_TERM = "timeout"
_LINES_PER_CALL = 12
_CONCURRENT_CALLS = 6

Entry = dict[str, object]


@dataclass(frozen=True)
class Profile:
    """A kind of line; `entries` yields a number of them for a project from a random source."""

    name: str
    entries: Callable[[random.Random, str, int], Iterator[Entry]]


def _timestamp(rng: random.Random, position: int, total: int) -> str:
    # The lines of a request are in chronological order, as in real logs.
    return f"{SECOND_PLACEHOLDER}{int((position + rng.random()) / total * 1_000_000):06d}Z"


def short_entry(rng: random.Random, project: str, timestamp: str) -> Entry:
    """Return an entry of about 280 bytes of JSON."""
    severity = rng.choice(SEVERITIES)
    service = rng.choice(SERVICES)
    order, user, took = rng.randrange(100_000), rng.randrange(5_000), int(rng.expovariate(0.02))
    node = rng.randrange(12)
    message = _short_message(rng, severity, order, user, took)
    return {
        "project_id": project,
        "service_id": service,
        "func_id": f"{service}.handlers:{'place' if order % 3 else 'show'}",
        "severity": severity,
        "timestamp": timestamp,
        "source": "stdout",
        "message": message,
        "attributes": {
            "host": f"node-{node:02d}.shop.internal",
            "http": {"status": 500 if severity == "error" else 200},
        },
    }


def _short_message(rng: random.Random, severity: str, order: int, user: int, took: int) -> str:
    if severity == "error":
        return f"payment of order {order} failed: upstream {FREQUENT_TERM} after {took + 3000} ms"
    if severity == "warn":
        return f"retrying call {rng.randrange(2, 5)} to inventory for order {order} after {took} ms"
    kind = rng.randrange(4)
    if kind == 0:
        return f"GET /api/orders/{order} 200 {took} ms user={user}"
    if kind == 1:
        return f"cart of user {user} holds {rng.randrange(1, 30)} items, total {order / 100:.2f} EUR"
    if kind == 2:
        return f"order {order} placed by user {user} in {took} ms"
    return f"cache hit for catalogue page {order % 400}, {took} ms"


@dataclass(frozen=True)
class _Call:
    """What the lines of one traced request share."""

    trace: str
    order: uuid.UUID
    account: uuid.UUID


def long_entry(rng: random.Random, project: str, timestamp: str, call: _Call) -> Entry:
    """Return an entry of about 745 bytes of JSON: a message of some 560 characters, and trace ids."""
    service = rng.choice(SERVICES)
    severity = rng.choice(SEVERITIES)
    return {
        "project_id": project,
        "service_id": service,
        "severity": severity,
        "timestamp": timestamp,
        "message": _long_message(rng, service, severity, call),
        "attributes": {"trace_id": call.trace, "span_id": f"{rng.getrandbits(64):016x}"},
    }


_STATIONS = ("shanghai", "suzhou", "nanjing", "wuxi", "taiyuan", "beijing", "hangzhou", "jinan")


def _long_message(rng: random.Random, service: str, severity: str, call: _Call) -> str:
    origin, target = rng.choice(_STATIONS), rng.choice(_STATIONS)
    head = (
        f"[{service}-service] [nio-{rng.randrange(10_000, 20_000)}-exec-{rng.randrange(1, 200)}] "
        f"com.example.shop.{service}.service.OrderServiceImpl : [getOrderById][Received request for the account] "
        f"accountId={call.account} headers=[accept:application/json, content-type:application/json] "
    )
    body = (
        f'response {{"id":"{call.order}","trainNumber":"G{rng.randrange(1000, 9999)}",'
        f'"coachNumber":{rng.randrange(1, 16)},"seatClass":{rng.randrange(2, 4)},"from":"{origin}",'
        f'"to":"{target}","status":{rng.randrange(0, 7)},"price":"{rng.randrange(1000, 90_000) / 100:.2f}",'
        f'"boughtDate":{rng.randrange(1_600_000_000, 1_700_000_000)},'
        f'"contactsName":"Contact_{rng.randrange(50)}","documentType":1,"differenceMoney":"0.0"}} '
        f"handled in {int(rng.expovariate(0.01))} ms"
    )
    if severity == "error":
        return f"{head}failed with java.net.SocketTimeoutException: Read {FREQUENT_TERM} at {body}"
    return head + body


def _short_entries(rng: random.Random, project: str, count: int) -> Iterator[Entry]:
    for position in range(count):
        yield short_entry(rng, project, _timestamp(rng, position, count))


def _long_entries(rng: random.Random, project: str, count: int) -> Iterator[Entry]:
    calls: deque[_Call] = deque(maxlen=_CONCURRENT_CALLS)
    for position in range(count):
        if position % _LINES_PER_CALL == 0:
            trace = f"{rng.getrandbits(128):032x}"
            order, account = uuid.UUID(int=rng.getrandbits(128)), uuid.UUID(int=rng.getrandbits(128))
            calls.append(_Call(trace, order, account))
        yield long_entry(rng, project, _timestamp(rng, position, count), rng.choice(calls))


SHORT = Profile("short", _short_entries)
LONG = Profile("long", _long_entries)
PROFILES = {profile.name: profile for profile in (SHORT, LONG)}


def body(profile: Profile, project: str, seed: int, count: int) -> bytes:
    """Return a JSON array of `count` entries; equal arguments give equal bytes."""
    return orjson.dumps(list(profile.entries(random.Random(seed), project, count)))


def at_second(request_body: bytes, second: datetime) -> bytes:
    """Return a body with its timestamps moved to a second (UTC)."""
    return request_body.replace(SECOND_PLACEHOLDER.encode(), second.strftime("%Y-%m-%dT%H:%M:%S.").encode())


def with_needle(request_body: bytes, needle: str) -> bytes:
    """Return a body with a text in front of the message of its first entry."""
    return request_body.replace(b'"message":"', b'"message":"' + needle.encode() + b" ", 1)
