"""Log lines to measure with: short synthetic ones, and long ones as the services of a shop write them.

It must not send anything. Bodies are JSON arrays as `POST /api/v1/logs` takes them; every body has its own
random content within one second, and the second is a marker that `at_second` replaces, so that one body
serves for many seconds.
"""

import random
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import orjson

SECOND_MARK = "2000-01-01T00:00:00."
SERVICES = ("gateway", "checkout", "cart", "payment", "catalogue", "shipping", "accounts", "mailer")
SEVERITIES = ("info",) * 70 + ("debug",) * 18 + ("warn",) * 9 + ("error",) * 3
FREQUENT_TERM = "timeout"
_LINES_A_CALL = 12
_CALLS_AT_A_TIME = 6

Entry = dict[str, object]


@dataclass(frozen=True)
class Profile:
    """A kind of line; `entries` gives a number of them for a project, from a source of chance."""

    name: str
    entries: Callable[[random.Random, str, int], Iterator[Entry]]


def _clock(chance: random.Random, position: int, total: int) -> str:
    # Lines of a request follow each other in time, as they do in real life.
    return f"{SECOND_MARK}{int((position + chance.random()) / total * 1_000_000):06d}Z"


def short_entry(chance: random.Random, project: str, timestamp: str) -> Entry:
    """About 280 bytes of JSON."""
    severity = chance.choice(SEVERITIES)
    service = chance.choice(SERVICES)
    order, user, took = chance.randrange(100_000), chance.randrange(5_000), int(chance.expovariate(0.02))
    node = chance.randrange(12)
    message = _short_message(chance, severity, order, user, took)
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


def _short_message(chance: random.Random, severity: str, order: int, user: int, took: int) -> str:
    if severity == "error":
        return f"payment of order {order} failed: upstream {FREQUENT_TERM} after {took + 3000} ms"
    if severity == "warn":
        return f"retrying call {chance.randrange(2, 5)} to inventory for order {order} after {took} ms"
    kind = chance.randrange(4)
    if kind == 0:
        return f"GET /api/orders/{order} 200 {took} ms user={user}"
    if kind == 1:
        return f"cart of user {user} holds {chance.randrange(1, 30)} items, total {order / 100:.2f} EUR"
    if kind == 2:
        return f"order {order} placed by user {user} in {took} ms"
    return f"cache hit for catalogue page {order % 400}, {took} ms"


@dataclass(frozen=True)
class _Call:
    """What the lines of one traced request have in common."""

    trace: str
    order: uuid.UUID
    account: uuid.UUID


def long_entry(chance: random.Random, project: str, timestamp: str, call: _Call) -> Entry:
    """About 745 bytes of JSON, a message of some 560 characters and trace ids, as a Java service logs a call."""
    service = chance.choice(SERVICES)
    severity = chance.choice(SEVERITIES)
    return {
        "project_id": project,
        "service_id": service,
        "severity": severity,
        "timestamp": timestamp,
        "message": _long_message(chance, service, severity, call),
        "attributes": {"trace_id": call.trace, "span_id": f"{chance.getrandbits(64):016x}"},
    }


_STATIONS = ("shanghai", "suzhou", "nanjing", "wuxi", "taiyuan", "beijing", "hangzhou", "jinan")


def _long_message(chance: random.Random, service: str, severity: str, call: _Call) -> str:
    origin, target = chance.choice(_STATIONS), chance.choice(_STATIONS)
    head = (
        f"[{service}-service] [nio-{chance.randrange(10_000, 20_000)}-exec-{chance.randrange(1, 200)}] "
        f"com.example.shop.{service}.service.OrderServiceImpl : [getOrderById][Received request for the account] "
        f"accountId={call.account} headers=[accept:application/json, content-type:application/json] "
    )
    body = (
        f'response {{"id":"{call.order}","trainNumber":"G{chance.randrange(1000, 9999)}",'
        f'"coachNumber":{chance.randrange(1, 16)},"seatClass":{chance.randrange(2, 4)},"from":"{origin}",'
        f'"to":"{target}","status":{chance.randrange(0, 7)},"price":"{chance.randrange(1000, 90_000) / 100:.2f}",'
        f'"boughtDate":{chance.randrange(1_600_000_000, 1_700_000_000)},'
        f'"contactsName":"Contact_{chance.randrange(50)}","documentType":1,"differenceMoney":"0.0"}} '
        f"handled in {int(chance.expovariate(0.01))} ms"
    )
    if severity == "error":
        return f"{head}failed with java.net.SocketTimeoutException: Read {FREQUENT_TERM} at {body}"
    return head + body


def _short_entries(chance: random.Random, project: str, count: int) -> Iterator[Entry]:
    for position in range(count):
        yield short_entry(chance, project, _clock(chance, position, count))


def _long_entries(chance: random.Random, project: str, count: int) -> Iterator[Entry]:
    calls: deque[_Call] = deque(maxlen=_CALLS_AT_A_TIME)
    for position in range(count):
        if position % _LINES_A_CALL == 0:
            trace = f"{chance.getrandbits(128):032x}"
            order, account = uuid.UUID(int=chance.getrandbits(128)), uuid.UUID(int=chance.getrandbits(128))
            calls.append(_Call(trace, order, account))
        yield long_entry(chance, project, _clock(chance, position, count), chance.choice(calls))


SHORT = Profile("short", _short_entries)
LONG = Profile("long", _long_entries)
PROFILES = {profile.name: profile for profile in (SHORT, LONG)}


def body(profile: Profile, project: str, seed: int, count: int) -> bytes:
    """A JSON array of `count` entries; the same for the same arguments."""
    return orjson.dumps(list(profile.entries(random.Random(seed), project, count)))


def at_second(request_body: bytes, second: datetime) -> bytes:
    """A body with its clock set to a second (UTC)."""
    return request_body.replace(SECOND_MARK.encode(), second.strftime("%Y-%m-%dT%H:%M:%S.").encode())


def with_needle(request_body: bytes, needle: str) -> bytes:
    """The body with the text put in front of the message of its first entry."""
    return request_body.replace(b'"message":"', b'"message":"' + needle.encode() + b" ", 1)
