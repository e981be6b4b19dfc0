"""Kills and freezes every part of a platform for a long time while numbered logs are sent, and counts the damage.

`make kill-run` runs it. It exits with 1 if a log was lost or doubled, a call hung, or a dead letter was left.
"""

import argparse
import contextlib
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
from logloop.local.processes import Child
from logloop.plain_http import WITHOUT_TLS

from tests.infra import fresh_database, mongo_node, rabbit_node
from tests.system.faults.conftest import Nodes
from tests.system.faults.stream import Ledger, NumberedStream, Verdict, judge
from tests.system.platform import Platform, Service, frozen, wait_for

_FREEZE_S = 45.0
_SETTLED_TIMEOUT_S = 300.0
_BETWEEN_FAULTS = 2_000
"""Lines that must be acknowledged between two faults, so that each fault meets a platform under load."""
_KILLED = ("ingest", "query", "ingest-2", "query-3", "rabbitmq", "mongod")
_FROZEN = ("rabbitmq", "mongod", "query")
"""A frozen ingest does not answer its own callers, so it is left out."""


@dataclass
class Result:
    """What a run did, and the damage that it found."""

    acknowledged: int
    unconfirmed: int
    kills: Counter[str]
    freezes: Counter[str]
    verdict: Verdict
    timeouts: int
    in_flight_bytes: float
    dead_letters: int
    recovery_s: dict[str, list[float]]
    took_s: float

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost or doubled, no call hung and nothing is left behind."""
        return self.verdict.is_clean and not (self.timeouts or self.in_flight_bytes or self.dead_letters)

    def text(self) -> str:
        """Return the table that the documentation shows."""
        lines = [
            f"acknowledged logs   {self.acknowledged:,} in {self.took_s:.0f} s",
            f"not acknowledged    {self.unconfirmed:,} (rejected, or without an answer)",
            f"kills               {self.kills.total()}: {_counts(self.kills)}",
            f"freezes of {_FREEZE_S:.0f} s     {self.freezes.total()}: {_counts(self.freezes)}",
            f"lost                {len(self.verdict.missing)}",
            f"doubled             {len(self.verdict.duplicated)}",
            f"never sent          {len(self.verdict.unexpected)}",
            f"hung calls          {self.timeouts}",
            f"in-flight bytes     {self.in_flight_bytes:.0f}",
            f"dead letters        {self.dead_letters}",
        ]
        for part, seconds in sorted(self.recovery_s.items()):
            middle = sorted(seconds)[len(seconds) // 2]
            lines.append(f"ready again         {part}: median {middle:.1f} s, longest {max(seconds):.1f} s")
        return "\n".join(lines)


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counter.items())) or "none"


class KillRun:
    """Faults on a running platform with two processes of ingest and of query."""

    def __init__(self, platform: Platform, nodes: Nodes, seed: int) -> None:
        self._platform = platform
        self._nodes = nodes
        self._random = random.Random(seed)
        self.kills: Counter[str] = Counter()
        self.freezes: Counter[str] = Counter()
        self.recovery_s: dict[str, list[float]] = {}

    def kill(self, victim: str) -> None:
        """Kill a part, start it again and measure the time until it is ready."""
        kill, start = self._actions(victim)
        kill()
        begin = time.monotonic()
        start()
        self.recovery_s.setdefault(victim, []).append(time.monotonic() - begin)
        self.kills[victim] += 1

    def freeze(self, victim: str) -> None:
        """Freeze a part for 45 s."""
        with frozen(self._child(victim), _FREEZE_S):
            pass
        self.freezes[victim] += 1

    def faults(self, kills: int, freezes: int) -> Iterator[Callable[[], None]]:
        """Yield the faults in random order. Each part is killed about equally often."""
        planned = [*(("kill", _KILLED[n % len(_KILLED)]) for n in range(kills))]
        planned += [("freeze", _FROZEN[n % len(_FROZEN)]) for n in range(freezes)]
        self._random.shuffle(planned)
        for kind, victim in planned:
            yield lambda kind=kind, victim=victim: getattr(self, kind)(victim)  # type: ignore[misc]

    def _actions(self, victim: str) -> tuple[Callable[[], None], Callable[[], None]]:
        if victim == "rabbitmq":
            return self._nodes.rabbit.kill, self._nodes.rabbit.start
        if victim == "mongod":
            return self._nodes.mongo.kill, self._nodes.mongo.start
        service: Service = self._platform[victim]
        return service.kill, service.start

    def _child(self, victim: str) -> Child:
        if victim == "rabbitmq":
            return self._nodes.rabbit.broker
        if victim == "mongod":
            return self._nodes.mongo.process
        return self._platform[victim].child


def run(logs: int, kills: int, freezes: int, seed: int, say: Callable[[str], None]) -> Result:
    """Run everything on private nodes and return the result."""
    begin = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="logloop-kill-run-")))
        rabbit, mongo = stack.enter_context(rabbit_node()), stack.enter_context(mongo_node())
        rabbit.add_vhost("kill-run")
        nodes = Nodes(rabbit, mongo, "kill-run", fresh_database())
        services = ("ingest", "query", "ingest", "query")
        platform = stack.enter_context(Platform(nodes.amqp_url, mongo.url, nodes.database, folder, services=services))
        kill_run = KillRun(platform, nodes, seed)
        streams = [_stream(platform, name) for name in platform.services if name.startswith("ingest")]
        with streams[0], streams[1]:
            for number, fault in enumerate(kill_run.faults(kills, freezes), 1):
                for stream in streams:
                    stream.wait_acknowledged(_BETWEEN_FAULTS, timeout_s=120)
                fault()
                say(f"{number} of {kills + freezes} faults, {_acknowledged(streams):,} logs acknowledged")
            wait_for(lambda: _acknowledged(streams) >= logs, timeout_s=3600, every_s=0.5, what=f"{logs} logs")
        ledger = _merged(streams)
        say("all logs are sent; waiting until each is stored")
        verdict = _settled_verdict(platform, nodes, ledger)
        return Result(
            len(ledger.acknowledged), len(ledger.unconfirmed), kill_run.kills, kill_run.freezes, verdict,
            ledger.timeouts, sum(map(_in_flight_bytes, _processes(platform, "ingest"))),
            len(platform.dead_letters()), kill_run.recovery_s, time.monotonic() - begin,
        )  # fmt: skip


def _stream(platform: Platform, name: str) -> NumberedStream:
    url = f"{platform[name].url}/api/v1/logs"
    return NumberedStream(
        url, platform.headers, platform.project, writers=3, lines=200, pause_s=0.25, name=f"{name}-w"
    )


def _acknowledged(streams: list[NumberedStream]) -> int:
    return sum(len(stream.ledger.acknowledged) for stream in streams)


def _merged(streams: list[NumberedStream]) -> Ledger:
    merged = Ledger()
    for stream in streams:
        merged.acknowledged |= stream.ledger.acknowledged
        merged.unconfirmed |= stream.ledger.unconfirmed
        merged.timeouts += stream.ledger.timeouts
    return merged


def _processes(platform: Platform, service: str) -> list[Service]:
    return [process for process in platform.services.values() if process.name == service]


def _in_flight_bytes(process: Service) -> float:
    text = httpx.get(f"{process.url}/metrics", trust_env=False, verify=WITHOUT_TLS).text
    [value] = [line.split()[1] for line in text.splitlines() if line.startswith("logloop_ingest_in_flight_bytes ")]
    return float(value)


def _settled_verdict(platform: Platform, nodes: Nodes, ledger: Ledger) -> Verdict:
    """Wait until the queues are empty and return the differences between what was sent and what is stored."""

    def is_empty() -> bool:
        return not any(nodes.queue_depth(queue) for queue in ("query.logs", "query.logs.retry", "ingest.intake"))

    wait_for(is_empty, timeout_s=_SETTLED_TIMEOUT_S, every_s=1.0, what="empty queues")
    last: list[Verdict] = []

    def is_complete() -> bool:
        last[:] = [judge(ledger, (line["message"] for line in platform.stored_lines()))]
        return not last[0].missing

    with contextlib.suppress(AssertionError):  # the verdict names what is missing
        wait_for(is_complete, timeout_s=60.0, every_s=2.0, what="every acknowledged log being stored")
    return last[0]


def main() -> int:
    """Parse the arguments, run, and print the table."""
    parser = argparse.ArgumentParser(prog="make kill-run", description=__doc__)
    parser.add_argument("--logs", type=int, default=1_000_000, help="logs to send at least (default: 1,000,000)")
    parser.add_argument("--kills", type=int, default=54, help="kills, spread over all parts (default: 54)")
    parser.add_argument("--freezes", type=int, default=6, help="freezes of 45 s (default: 6)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the order of the faults (default: 1)")
    arguments = parser.parse_args()
    begin = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - begin:5.0f} s] {text}", file=sys.stderr, flush=True)

    result = run(arguments.logs, arguments.kills, arguments.freezes, arguments.seed, say)
    print(result.text())
    return 0 if result.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
