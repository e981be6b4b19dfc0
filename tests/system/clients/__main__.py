"""Plays every situation with every client and writes the table of docs/clients.md: `python -m tests.system.clients`.

The last column is an outage: ingest and the broker are killed before the client starts. Ingest is back after 2 s and
refuses everything with 503 until the broker is back as well.
"""

import argparse
import re
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from logloop.local.ports import free_port
from logloop.local.rabbitmq import RabbitNode

from tests.infra import first_elections_are_on_disk, fresh_database, mongo_node, rabbit_node
from tests.system.clients.client import CLIENTS, REFUSALS, Client, Situation
from tests.system.clients.front import Front, front_of
from tests.system.clients.play import Outcome, play
from tests.system.platform import Platform, wait_for

DOCUMENT = Path(__file__).parents[3] / "docs" / "clients.md"
_BEGIN, _END = "<!-- table: make clients -->", "<!-- end of table -->"
_AWAY_S = 2.0


def main() -> int:
    """Return 1 if a client lost or doubled what it should not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clients", nargs="*", help="play only clients whose names contain one of these texts")
    parser.add_argument("--count", type=int, default=10_000, help="messages in the outage; a fiftieth in others")
    parser.add_argument("--outage", action="store_true", help="play the outage only")
    parser.add_argument("--write", action="store_true", help="write the table into docs/clients.md")
    arguments = parser.parse_args()
    chosen = [client for client in CLIENTS if _is_chosen(client, arguments.clients)]
    rows: list[list[str]] = []
    failures: list[str] = []
    grpc_port = free_port()
    with _platform(grpc_port) as (platform, broker):
        key = platform.new_key("ingest")
        with front_of(platform["ingest"].url, grpc_port=grpc_port) as front:
            for client in chosen:
                row = [client.name, client.protocol]
                for situation in () if arguments.outage else Situation:
                    if not client.can_meet(situation):
                        row.append("-")
                        continue
                    outcome = play(client, situation, platform, front, key, count=max(10, arguments.count // 50))
                    row.append(_cell(client, situation, outcome, failures))
                row.append(_outage(client, platform, broker, front, key, arguments.count, failures))
                rows.append(row)
                print(" | ".join(row), flush=True)
                if arguments.write:
                    _write(rows)
    print("\n".join(failures) or "every client keeps what it promises")
    return 1 if failures else 0


def _is_chosen(client: Client, texts: Sequence[str]) -> bool:
    return client.is_installed and (not texts or any(text in f"{client.name} {client.protocol}" for text in texts))


@contextmanager
def _platform(grpc_port: int) -> Iterator[tuple[Platform, RabbitNode]]:
    with ExitStack() as stack:
        broker = stack.enter_context(rabbit_node())
        mongo = stack.enter_context(mongo_node())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        declared_at = time.time()
        listen = {"LOGLOOP_LISTEN": f"otlp+grpc://127.0.0.1:{grpc_port}"}
        platform = stack.enter_context(
            Platform(broker.url, mongo.url, fresh_database(), folder, env=listen, forked=False)
        )
        wait_for(lambda: first_elections_are_on_disk(broker, declared_at), what="queues that survive a kill")
        yield platform, broker


def _outage(
    client: Client, platform: Platform, broker: RabbitNode, front: Front, key: str, count: int, failures: list[str]
) -> str:
    ingest = platform["ingest"]
    ingest.kill()
    broker.kill()

    def recover() -> None:
        time.sleep(_AWAY_S)
        ingest.start(ready=False)
        ingest.wait_alive()
        broker.start()
        ingest.wait_ready()

    recovery = threading.Thread(target=recover)
    recovery.start()
    try:
        outcome = play(client, Situation.RESTART, platform, front, key, count=count, refusals=0, after=recovery.join)
    finally:
        recovery.join()
    return _cell(client, Situation.RESTART, outcome, failures)


def _cell(client: Client, situation: Situation, outcome: Outcome, failures: list[str]) -> str:
    """Return what happened in a few words. Adds to the failures what a client must not lose or double."""
    text = _words(situation, outcome)
    expected_lost = {Situation.BAD_TOKEN: outcome.sent, Situation.BAD_ENTRY: 1}.get(situation, 0)
    may_lose = situation in REFUSALS and (situation not in client.keeps or client.retries_at_once)
    if (outcome.lost != expected_lost and not may_lose) or outcome.doubled:
        failures.append(f"{client.name}, {situation.value}: {text}\n{outcome.output[-2000:]}")
    return text


def _words(situation: Situation, outcome: Outcome) -> str:
    if situation is Situation.BAD_TOKEN:
        return "refused" if outcome.lost == outcome.sent else f"{outcome.sent - outcome.lost} stored"
    if situation is Situation.BAD_ENTRY:
        return "others stored" if outcome.lost == 1 else f"{outcome.lost} lost"
    if situation is Situation.OVERSIZE and outcome.lost == 0:
        return "cut" if outcome.cut else "stored"
    lost = f"{outcome.lost} lost" if outcome.lost else "0 lost"
    return f"{lost}, {outcome.doubled} doubled" if outcome.doubled else lost


def _write(rows: Sequence[Sequence[str]]) -> None:
    titles = ["client", "protocol", *(situation.value for situation in Situation), "outage"]
    lines = ["| " + " | ".join(cells) + " |" for cells in (titles, ["---"] * len(titles), *rows)]
    text = DOCUMENT.read_text()
    table = "\n".join((_BEGIN, *lines, _END))
    DOCUMENT.write_text(re.sub(f"{_BEGIN}.*{_END}", lambda _: table, text, flags=re.DOTALL))


if __name__ == "__main__":
    sys.exit(main())
