"""Reads the Train-Ticket logs of the Nezha data set: faults injected into a system of 40 services, with their truth.

The data set is public and not part of this repository. Two of its folders are read: `rca_data/<day>/`, with the log
of each minute and a list of faults, and `construct_data/<day>/log/`, with one minute without a fault.
"""

import csv
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
from logloop_analyzer.evidence import EXPORT_SCHEMA
from logloop_contracts.log_batch import attributes_text
from logloop_contracts.patterns.masking import mask_messages

DAYS = ("2023-01-29", "2023-01-30")
_MINUTES = 3
_POD_SUFFIX = re.compile(r"-[0-9a-f]+-[a-z0-9]{5}$")
_SEVERITY = re.compile(r"\b(DEBUG|INFO|WARN|ERROR)\b")
_IDS_IN_TEXT = re.compile(r"(TraceID|SpanID): \w*")
_LARGEST_FIELD = 10_000_000


class Line(NamedTuple):
    """A line of a container. The time is in nanoseconds since 1970."""

    time_ns: int
    service: str
    trace: str
    span: str
    text: str


@dataclass(frozen=True)
class Fault:
    """An injected fault, the three minutes from its injection on, and the fault-free minute of its day."""

    kind: str
    service: str
    injected_ns: int
    minutes: tuple[list[Line], ...]
    healthy: list[Line]

    @property
    def lines(self) -> list[Line]:
        """The lines of all three minutes."""
        return [line for minute in self.minutes for line in minute]


def read_faults(folder: Path) -> list[Fault]:
    """Return the faults in the order of time. Raises FileNotFoundError if a file of the data set is missing."""
    return [fault for day in DAYS for fault in _faults_of(folder, day)]


def healthy_minutes(folder: Path) -> list[list[Line]]:
    """Return the fault-free minute of each day."""
    return [_read(next(folder.glob(f"construct_data/{day}/log/*_log.csv"))) for day in DAYS]


def _faults_of(folder: Path, day: str) -> Iterator[Fault]:
    healthy = _read(next(folder.glob(f"construct_data/{day}/log/*_log.csv")))
    groups: dict[str, list[dict[str, str]]] = json.loads(
        (folder / "rca_data" / day / f"{day}-fault_list.json").read_text()
    )
    for fault in sorted((item for group in groups.values() for item in group), key=lambda item: item["inject_time"]):
        injected = datetime.strptime(fault["inject_time"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        minutes = [injected + timedelta(minutes=minute) for minute in range(_MINUTES)]
        yield Fault(
            fault["inject_type"],
            _POD_SUFFIX.sub("", fault["inject_pod"]),
            int(injected.timestamp()) * 10**9,
            tuple(_read(folder / "rca_data" / day / "log" / f"{minute:%H_%M}_log.csv") for minute in minutes),
            healthy,
        )


@cache
def _read(path: Path) -> list[Line]:
    csv.field_size_limit(_LARGEST_FIELD)
    with path.open(newline="") as file:
        return sorted(line for row in csv.DictReader(file) if (line := _line(row)) is not None)


def _line(row: dict[str, str]) -> Line | None:
    """Return a row as a line, None for one that was cut while it was collected."""
    try:
        text = str(json.loads(row["Log"])["log"]).strip()
    except ValueError:
        return None
    second, _, fraction = row["Timestamp"].removesuffix("Z").partition(".")
    time_s = int(datetime.fromisoformat(f"{second}+00:00").timestamp())
    return Line(
        time_s * 10**9 + int(f"{fraction:0<9}"),
        _POD_SUFFIX.sub("", row["PodName"]),
        row["TraceID"],
        row["SpanID"],
        text,
    )


def export_table(lines: Sequence[Line], batch: str, *, ids: bool = True) -> pa.Table:
    """Return lines as query exports them; without `ids`, no line names its trace or span."""
    ordered = sorted(lines)
    messages = pa.array([line.text if ids else _IDS_IN_TEXT.sub("", line.text) for line in ordered], pa.utf8())
    columns: dict[str, Any] = {
        "id": [f"{batch * 26}-734ea-{row:x}" for row in range(len(ordered))],
        "timestamp": pa.array([line.time_ns // 1_000 for line in ordered], EXPORT_SCHEMA.field("timestamp").type),
        "severity": [_severity(line.text) for line in ordered],
        "service_id": [line.service for line in ordered],
        "test_id": [None] * len(ordered),
        "func_id": [None] * len(ordered),
        "source": ["stdout"] * len(ordered),
        "message": messages,
        "pattern": mask_messages(messages),
        "attributes": [
            attributes_text({"span_id": line.span, "trace_id": line.trace}) if ids and line.trace else None
            for line in ordered
        ],
    }
    plain = pa.schema([pa.field(item.name, _plain(item.type)) for item in EXPORT_SCHEMA])
    return pa.table(columns, schema=plain)


def _plain(kind: pa.DataType) -> pa.DataType:
    return pa.utf8() if pa.types.is_dictionary(kind) else kind


def _severity(text: str) -> str:
    found = _SEVERITY.search(text[:60])
    return found[1].lower() if found else "info"
