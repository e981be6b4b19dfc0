"""Sends a numbered stream of log lines from several writers and checks that each acknowledged line is stored once."""

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
from logloop.plain_http import WITHOUT_TLS

_RETRY_DELAY_S = 0.3
_BATCH_TIMEOUT_S = 60.0


@dataclass
class Ledger:
    """What the writers recorded: acknowledged lines, and lines whose outcome is unknown."""

    acknowledged: set[str] = field(default_factory=set)
    unconfirmed: set[str] = field(default_factory=set)
    rejections: Counter[int] = field(default_factory=Counter)
    failed_calls: int = 0
    timeouts: int = 0
    repeats: int = 0
    without_retry_after: int = 0


@dataclass(frozen=True)
class Verdict:
    """Differences between the stored lines and the ledger."""

    missing: frozenset[str]
    duplicated: frozenset[str]
    unexpected: frozenset[str]

    @property
    def is_clean(self) -> bool:
        """Whether each acknowledged line is stored once and nothing unexpected is stored."""
        return not (self.missing or self.duplicated or self.unexpected)

    def __str__(self) -> str:
        def some(lines: frozenset[str]) -> str:
            return f"{len(lines)} {sorted(lines)[:5]}" if lines else "0"

        return f"missing {some(self.missing)}, duplicated {some(self.duplicated)}, unexpected {some(self.unexpected)}"


def judge(ledger: Ledger, stored: Iterable[str]) -> Verdict:
    """Compare the stored lines with the ledger."""
    counts = Counter(stored)
    sent = ledger.acknowledged | ledger.unconfirmed
    return Verdict(
        missing=frozenset(ledger.acknowledged - counts.keys()),
        duplicated=frozenset(line for line, count in counts.items() if count > 1),
        unexpected=frozenset(counts.keys() - sent),
    )


class NumberedStream:
    """Writers in threads that send small numbered batches until the block ends.

    All writers but the last one send each batch with an Idempotency-Key and repeat a call until it is acknowledged.
    They also repeat some acknowledged calls (`repeats`: the share). The last writer sends each batch once, unkeyed.
    Streams with different `name`s send different lines.
    """

    def __init__(
        self,
        url: str,
        headers: dict[str, str],
        project: str,
        *,
        writers: int = 5,
        lines: int = 20,
        pause_s: float = 0.1,
        repeats: float = 0.05,
        name: str = "w",
    ) -> None:
        self.ledger = Ledger()
        self._url = url
        self._headers = headers
        self._project = project
        self._lines = lines
        self._pause_s = pause_s
        self._repeats = repeats
        self._name = name
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

    def wait_acknowledged(self, lines: int, timeout_s: float = 45.0) -> None:
        """Wait until this many further lines are acknowledged."""
        wanted = len(self.ledger.acknowledged) + lines
        deadline = time.monotonic() + timeout_s
        while len(self.ledger.acknowledged) < wanted:
            if self._errors:
                raise self._errors[0]
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"fewer than {lines} lines were acknowledged in {timeout_s:.0f} s: {self.ledger.rejections}"
                )
            time.sleep(0.02)

    def _write(self, writer: int, keyed: bool) -> None:
        rng = random.Random(writer)
        try:
            with httpx.Client(headers=self._headers, timeout=15.0, trust_env=False, verify=WITHOUT_TLS) as client:
                batch = 0
                while not self._stopping.is_set():
                    self._send_batch(
                        client, f"{self._name}{writer}-{batch:06d}", keyed=keyed, repeat=rng.random() < self._repeats
                    )
                    batch += 1
                    self._stopping.wait(self._pause_s)
        except BaseException as error:  # noqa: BLE001  # the edge of this thread: the test needs the error
            self._errors.append(error)

    def _send_batch(self, client: httpx.Client, name: str, *, keyed: bool, repeat: bool) -> None:
        lines = [f"line {name}-{row:03d}" for row in range(self._lines)]
        with self._lock:
            self.ledger.unconfirmed.update(lines)
        entries = [self._entry(line) for line in lines]
        deadline = time.monotonic() + _BATCH_TIMEOUT_S
        while not self._post(client, entries, name if keyed else None):
            if not keyed or time.monotonic() > deadline:
                return
            time.sleep(_RETRY_DELAY_S)
        with self._lock:
            self.ledger.acknowledged.update(lines)
            self.ledger.unconfirmed.difference_update(lines)
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
            response = client.post(
                self._url, content=json.dumps(entries), headers={"Content-Type": "application/json", **headers}
            )
        except httpx.TransportError as error:
            with self._lock:
                self.ledger.failed_calls += 1
                self.ledger.timeouts += isinstance(error, httpx.TimeoutException)
            return False
        if response.status_code == 202:
            assert response.json()["accepted"] == len(entries), response.text
            return True
        with self._lock:
            self.ledger.rejections[response.status_code] += 1
            self.ledger.without_retry_after += "retry-after" not in response.headers
        assert response.status_code in {429, 503}, (
            f"an outage must be reported as 429 or 503, not {response.status_code}: {response.text}"
        )
        return False
