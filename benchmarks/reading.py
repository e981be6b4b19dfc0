"""Measures how fast `logloop send` reads lines: the CPU time of one core from a file to records, format by format."""

import random
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from logloop.lines.records import RecordReader, read_records
from logloop.shipping.inputs import file_lines, first_lines

from benchmarks.report import Report

ROUNDS = 7
TARGET = 50_000
_START = datetime(2026, 11, 22, 23, 6, 1, tzinfo=UTC)
_PER_SECOND = 200
_TEXTS = (
    "payment of order {n} failed: upstream timeout after {took} ms",
    "retrying call 3 to inventory for order {n} after {took} ms",
    "cart of user {n} holds 7 items, total {took}.95 EUR",
    "cache hit for catalogue page {n}, {took} ms",
    "connection from 10.0.3.{host} closed, {took} requests served",
)


@dataclass(frozen=True)
class Speed:
    """How fast the lines of a format are read."""

    name: str
    lines_per_s: float
    bytes_per_line: float


@dataclass(frozen=True)
class _Event:
    """What a line reports, in whatever format."""

    at: datetime
    text: str
    n: int

    @property
    def level(self) -> str:
        return ("INFO", "INFO", "INFO", "DEBUG", "WARNING", "ERROR")[self.n % 6]

    @property
    def iso(self) -> str:
        return f"{self.at:%Y-%m-%dT%H:%M:%S.%f}Z"


def _python(event: _Event) -> str:
    return f"{event.at:%Y-%m-%d %H:%M:%S},{event.n % 1000:03d} - shop.pay - {event.level} - {event.text}"


def _log4j(event: _Event) -> str:
    level = event.level.replace("WARNING", "WARN")
    thread = f"http-nio-8080-exec-{event.n % 20}"
    return f"{event.at:%Y-%m-%d %H:%M:%S},{event.n % 1000:03d} [{thread}] {level:5} com.shop.Pay - {event.text}"


def _syslog(event: _Event) -> str:
    return f"{event.at:%b %d %H:%M:%S} web1 shop[{event.n % 900 + 100}]: {event.text}"


def _klog(event: _Event) -> str:
    letter = "E" if event.level == "ERROR" else "I"
    return f"{letter}{event.at:%m%d %H:%M:%S.%f}   31 controller.go:{event.n % 400}] {event.text}"


def _access(event: _Event) -> str:
    status = (200, 200, 304, 404, 200, 502)[event.n % 6]
    return (
        f"10.0.3.{event.n % 200} - - [{event.at:%d/%b/%Y:%H:%M:%S} +0000] "
        f'"GET /orders/{event.n}?page={event.n % 9} HTTP/1.1" {status} {event.n % 9000} "https://shop.example/cart" '
        '"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36"'
    )


def _json(event: _Event) -> str:
    return (
        f'{{"timestamp":"{event.iso}","level":"{event.level.lower()}","logger":"shop.pay","message":"{event.text}",'
        f'"order":{event.n},"trace_id":"{event.n:032x}"}}'
    )


def _logfmt(event: _Event) -> str:
    head = f"time={event.iso} level={event.level.lower()}"
    return f'{head} msg="{event.text}" order={event.n} caller=pay.go:31 user=u{event.n % 99}'


def _cri(event: _Event) -> str:
    return f"{event.at:%Y-%m-%dT%H:%M:%S.%f}{event.n % 1000:03d}Z stdout F {_python(event)}"


def _compose(event: _Event) -> str:
    return f"web-{event.n % 50}  | {_python(event)}"


def _docker(event: _Event) -> str:
    nanoseconds = f"{event.n % 1000:03d}"
    time = f"{event.at:%Y-%m-%dT%H:%M:%S.%f}{nanoseconds}Z"
    return f'{{"log":"{_python(event)}\\n","stream":"stdout","time":"{time}"}}'


FORMATS: dict[str, Callable[[_Event], str]] = {
    "plain text": lambda event: event.text,
    "Python logging": _python,
    "log4j": _log4j,
    "syslog": _syslog,
    "klog": _klog,
    "access log": _access,
    "JSON": _json,
    "logfmt": _logfmt,
    "CRI": _cri,
    "Docker json-file": _docker,
    "Docker Compose, 50 containers": _compose,
}
"""The formats that are measured: a name, and how a program writes an event in it."""


def written(name: str, count: int) -> Iterator[str]:
    """Yield lines of a format. Equal arguments give equal lines; 200 lines share a second."""
    rng = random.Random(7)
    for position in range(count):
        at = _START + timedelta(seconds=position / _PER_SECOND, microseconds=rng.randrange(900))
        n = rng.randrange(100_000)
        text = rng.choice(_TEXTS).format(n=n, took=int(rng.expovariate(0.02)), host=n % 250)
        yield FORMATS[name](_Event(at, text, n))


def add_reading_rows(report: Report, count: int) -> None:
    """Measure each format and add its row."""
    with tempfile.TemporaryDirectory(prefix="logloop-bench-") as folder:
        speeds = [_measure(name, Path(folder) / "lines.log", count) for name in FORMATS]
    report.figures["lines_read_per_s"] = {speed.name: round(speed.lines_per_s) for speed in speeds}
    for speed in speeds:
        report.add(
            f"reading lines: {speed.name} ({speed.bytes_per_line:.0f} B)",
            f"{speed.lines_per_s:,.0f} lines/s of CPU",
            f"≥ {TARGET:,}",
            met=speed.lines_per_s >= TARGET,
        )


def _measure(name: str, path: Path, count: int) -> Speed:
    path.write_text("".join(f"{line}\n" for line in written(name, count)), encoding="utf-8")
    best = min(_cpu_of_reading(path) for _ in range(ROUNDS))  # in the others, the machine did something else too
    return Speed(name, count / best, path.stat().st_size / count)


def _cpu_of_reading(path: Path) -> float:
    began = time.process_time()
    reader = RecordReader()
    reader.learn(first_lines(file_lines(path)))
    deque(read_records(file_lines(path), reader), maxlen=0)
    return time.process_time() - began
