"""A numbered stream of log lines from several writers, and the check that each acknowledged line is stored once.

It must not know what is behind the HTTP it speaks.
"""

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx

_RETRY_S = 0.1
_GIVE_UP_S = 60.0


@dataclass
class Ledger:
    """What the writers know: lines that were acknowledged, and lines whose fate they cannot know."""

    acknowledged: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    refusals: Counter[int] = field(default_factory=Counter)
    broken_calls: int = 0
    repeats: int = 0
    without_retry_after: int = 0


@dataclass(frozen=True)
class Verdict:
    """What is wrong in the store, compared with the ledger."""

    missing: frozenset[str]
    doubled: frozenset[str]
    strangers: frozenset[str]

    @property
    def is_clean(self) -> bool:
        """Whether every acknowledged line is there once and nothing else is."""
        return not (self.missing or self.doubled or self.strangers)

    def __str__(self) -> str:
        def some(lines: frozenset[str]) -> str:
            return f"{len(lines)} {sorted(lines)[:5]}" if lines else "0"

        return f"missing {some(self.missing)}, doubled {some(self.doubled)}, strangers {some(self.strangers)}"


def judge(ledger: Ledger, stored: Iterable[str]) -> Verdict:
    """Compare what is stored with what was acknowledged."""
    counts = Counter(stored)
    known = ledger.acknowledged | ledger.unsure
    return Verdict(
        missing=frozenset(ledger.acknowledged - counts.keys()),
        doubled=frozenset(line for line, count in counts.items() if count > 1),
        strangers=frozenset(counts.keys() - known),
    )


class NumberedStream:
    """Writers in threads that send small numbered batches until the block ends.

    All but the last writer name each batch with an Idempotency-Key: they repeat a call until it is acknowledged,
    and now and then (`repeats`: the share) one that was acknowledged. The last sends without a key, once.
    """

    def __init__(
        self,
        url: str,
        headers: dict[str, str],
        project: str,
        *,
        writers: int = 5,
        lines: int = 20,
        pause_s: float = 0.02,
        repeats: float = 0.05,
    ) -> None:
        self.ledger = Ledger()
        self._url = url
        self._headers = headers
        self._project = project
        self._lines = lines
        self._pause_s = pause_s
        self._repeats = repeats
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._errors: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._write, args=(number, number < writers - 1), daemon=True)
            for number in range(writers)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        if self._errors and error is None:
            raise self._errors[0]

    def wait_more(self, lines: int, timeout_s: float = 45.0) -> None:
        """Wait until so many further lines are acknowledged."""
        wanted = len(self.ledger.acknowledged) + lines
        deadline = time.monotonic() + timeout_s
        while len(self.ledger.acknowledged) < wanted:
            if self._errors:
                raise self._errors[0]
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"no {lines} further lines were acknowledged in {timeout_s:.0f} s: {self.ledger.refusals}"
                )
            time.sleep(0.02)

    def _write(self, writer: int, keyed: bool) -> None:
        chance = random.Random(writer)
        try:
            with httpx.Client(headers=self._headers, timeout=15.0, trust_env=False) as client:
                batch = 0
                while not self._stopping.is_set():
                    self._send_batch(
                        client, f"w{writer}-{batch:06d}", keyed=keyed, repeat=chance.random() < self._repeats
                    )
                    batch += 1
                    self._stopping.wait(self._pause_s)
        except BaseException as error:  # noqa: BLE001  # the edge of this thread: the test must hear of it
            self._errors.append(error)

    def _send_batch(self, client: httpx.Client, name: str, *, keyed: bool, repeat: bool) -> None:
        lines = [f"line {name}-{row:03d}" for row in range(self._lines)]
        with self._lock:
            self.ledger.unsure.update(lines)
        entries = [self._entry(line) for line in lines]
        deadline = time.monotonic() + _GIVE_UP_S
        while not self._post(client, entries, name if keyed else None):
            if not keyed or time.monotonic() > deadline:
                return
            time.sleep(_RETRY_S)
        with self._lock:
            self.ledger.acknowledged.update(lines)
            self.ledger.unsure.difference_update(lines)
        if keyed and repeat:
            self.ledger.repeats += 1
            self._post(client, entries, name)

    def _entry(self, line: str) -> dict[str, Any]:
        now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
        return {
            "project_id": self._project,
            "service_id": "numbers",
            "severity": "info",
            "timestamp": f"{now}Z",
            "message": line,
        }

    def _post(self, client: httpx.Client, entries: list[dict[str, Any]], key: str | None) -> bool:
        headers = {"Idempotency-Key": key} if key else {}
        try:
            answer = client.post(
                self._url, content=json.dumps(entries), headers={"Content-Type": "application/json", **headers}
            )
        except httpx.TransportError:
            with self._lock:
                self.ledger.broken_calls += 1
            return False
        if answer.status_code == 202:
            assert answer.json()["accepted"] == len(entries), answer.text
            return True
        with self._lock:
            self.ledger.refusals[answer.status_code] += 1
            self.ledger.without_retry_after += "retry-after" not in answer.headers
        assert answer.status_code in {429, 503}, (
            f"an outage must be told as 429 or 503, not {answer.status_code}: {answer.text}"
        )
        return False
