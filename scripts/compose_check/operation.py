"""What happens to an installation while it is used: restarts, more instances, crashes, a stop and a start."""

import json
import time
from collections import Counter
from collections.abc import Callable
from functools import partial

from scripts.compose_check.first_use import PROJECT, Installation
from scripts.compose_check.stack import Failed, Stack, eventually
from tests.system.faults.stream import NumberedStream, Verdict, judge

_SCALED = ("ingest", "query")
_INSTANCES = 2
_REQUESTS = 120
_LEAST_SHARE = 0.25
_KILLED = ("ingest", "query", "analyzer", "ci-bridge", "gateway", "rabbitmq", "mongo")
_LINES_AROUND_A_KILL = 300
_SETTLED_TIMEOUT_S = 60.0
_HEALTH_ROUTES = ("/readyz", "/livez", "/metrics")


def restart(installation: Installation) -> str:
    """Restart every container. Data, keys and passwords are kept."""
    installation.stack.compose("restart")
    installation.stack.wait_healthy()
    installation.require_first_log()
    return "data kept"


def stop_and_start(installation: Installation) -> str:
    """Stop every container and start it again. Data is kept, and the same number of instances runs."""
    stack = installation.stack
    stack.compose("stop")
    if any(stack.containers(name) for name in ("gateway", "query", "mongo")):
        raise Failed("a container still runs after `stop`")
    stack.compose("start")
    stack.wait_healthy()
    installation.require_first_log()
    return "data kept"


def scale(installation: Installation) -> str:
    """Run two instances of ingest and query. The gateway gives each a fair part of the requests."""
    stack = installation.stack
    stack.up(**dict.fromkeys(_SCALED, _INSTANCES))
    client = installation.client
    sent: dict[str, Callable[[], object]] = {
        "ingest": partial(client.log, "balance"),
        "query": partial(client.search, "balance"),
    }
    shares = []
    for service in _SCALED:
        containers = stack.containers(service)
        if len(containers) != _INSTANCES:
            raise Failed(f"{service} has {len(containers)} instances")
        _wait_until_all_are_used(stack, service, sent[service])
        before = _requests(stack, containers)
        for _ in range(_REQUESTS):
            sent[service]()
        after = _requests(stack, containers)
        counts = sorted(after[name] - before[name] for name in containers)
        if counts[0] < _LEAST_SHARE * sum(counts):
            raise Failed(f"of {sum(counts)} requests to {service}, its instances got {counts}")
        shares.append(f"{service} {'+'.join(f'{count:.0f}' for count in counts)}")
    return ", ".join(shares)


def _wait_until_all_are_used(stack: Stack, service: str, send: Callable[[], object]) -> None:
    containers = stack.containers(service)
    before = _requests(stack, containers)

    def are_used() -> bool:
        for _ in range(10):
            send()
        after = _requests(stack, containers)
        return all(after[name] > before[name] for name in containers)

    eventually(are_used, f"each instance of {service} gets requests", 30)


def _requests(stack: Stack, containers: list[str]) -> dict[str, float]:
    """Return how many requests each container has served, without those of health checks."""
    return {name: _served(stack.fetch_inside(name, "http://127.0.0.1:8000/metrics")) for name in containers}


def _served(metrics: str) -> float:
    return sum(
        float(line.rpartition(" ")[2])
        for line in metrics.splitlines()
        if line.startswith("logloop_http_requests_total{")
        and not any(f'route="{route}"' in line for route in _HEALTH_ROUTES)
    )


def kill_while_logs_arrive(installation: Installation) -> str:
    """Kill one container of each kind while numbered logs are sent. Each confirmed log is found exactly once."""
    stack = installation.stack
    url = f"{stack.url}/api/v1/logs"
    recovery = []
    with NumberedStream(url, installation.headers, PROJECT, writers=3) as stream:
        for service in _KILLED:
            stream.wait_acknowledged(_LINES_AROUND_A_KILL, timeout_s=120)
            recovery.append(f"{service} {_crash(stack, service):.0f} s")
            stream.wait_acknowledged(_LINES_AROUND_A_KILL, timeout_s=120)
    verdict = _settled(stream, installation)
    if not verdict.is_clean:
        raise Failed(str(verdict))
    return f"{len(stream.ledger.acknowledged):,} logs, none lost or doubled; healthy again: {', '.join(recovery)}"


def _settled(stream: NumberedStream, installation: Installation) -> Verdict:
    """Return the differences between what was confirmed and what is stored, once nothing is missing or time is up."""
    deadline = time.monotonic() + _SETTLED_TIMEOUT_S
    while True:
        verdict = judge(stream.ledger, _stored(installation).elements())
        if not verdict.missing or time.monotonic() > deadline:
            return verdict
        time.sleep(1)


def _crash(stack: Stack, service: str) -> float:
    """Kill a container of a service and return the seconds until all are healthy again, by the restart policy."""
    container = stack.containers(service)[0]
    started, begin = stack.started_at(container), time.monotonic()
    stack.kill(container)
    eventually(lambda: stack.started_at(container) != started, f"the engine restarts {service}", 60)
    stack.wait_healthy()
    return time.monotonic() - begin


def _stored(installation: Installation) -> Counter[str]:
    exported = b"".join(installation.client.export("service:numbers", since="1d"))
    return Counter(json.loads(line)["message"] for line in exported.splitlines())


def take_down(installation: Installation) -> str:
    """Remove everything and check that nothing of the project is left."""
    problems = installation.stack.remove()
    if problems:
        raise Failed("; ".join(problems))
    return "nothing left"
