"""Divides the lines of two windows into units of work: the spans of a trace, and the bursts of a service."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from logloop_analyzer.evidence.log_window import SILENCE_US, GroupKey, LogWindow, one_chunk

_BUSY = 0.25
_MORE_LINES = 1.5


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """What a line reports. A statement of the source says it best, whatever values its text holds."""

    service_id: str
    severity: str
    place: str
    """The statement or, if a line names none, its function id."""
    template: str
    """Empty for a statement."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Lines of one service that belong together, in time order. `owner` is the trace, or the burst itself."""

    owner: int
    service: int
    lines: Sequence[int]


@dataclass(frozen=True)
class EventLines:
    """The lines of a window as numbers, in time order; suspicious lines are left out."""

    rows: Sequence[int]
    times: Sequence[int]
    """Microseconds since 1970."""
    events: Sequence[int]
    traces: Sequence[int | None]
    spans: Sequence[int | None]
    services: Sequence[int]


@dataclass(frozen=True)
class Work:
    """The lines of both windows, which share the numbers of events and services."""

    now: EventLines
    before: EventLines
    events: Sequence[Event]
    service_names: Sequence[str]
    service_of: Sequence[int]
    """The service of each event."""


def read_work(window: LogWindow, baseline: LogWindow) -> Work:
    """Return the lines of two windows that were read together."""
    coded = [_coded(window), _coded(baseline)]
    events = sorted({event for _, found in coded for event in found})
    number = {event: index for index, event in enumerate(events)}
    names = sorted({event.service_id for event in events})
    service_number = {name: index for index, name in enumerate(names)}
    service_of = [service_number[event.service_id] for event in events]
    now, before = (
        _lines(source, codes, [number[event] for event in found], service_of)
        for source, (codes, found) in zip((window, baseline), coded, strict=True)
    )
    return Work(now, before, events, names, service_of)


def _coded(window: LogWindow) -> tuple[pa.Table, list[Event]]:
    """Return row numbers in time order with the index of each row's event, and the events."""
    keys = list(window.groups)
    if not keys:
        return pa.table({"row": pa.array([], pa.int64()), "event": pa.array([], pa.int64())}), []
    rows = pa.concat_arrays(list(window.groups.values()))
    sizes = [len(window.groups[key]) for key in keys]
    groups = pa.array([index for index, size in enumerate(sizes) for _ in range(size)], pa.int64())
    statements, statement_codes = _encoded(window.identifiers.statements.take(rows))
    functions, function_codes = _encoded(one_chunk(window.table["func_id"].take(rows)).cast(pa.utf8()))
    codes = pc.add(pc.multiply(groups, len(statements)), statement_codes)
    found = pc.dictionary_encode(pc.add(pc.multiply(codes, len(functions)), function_codes))
    events = []
    for code in found.dictionary.to_pylist():
        head, function = divmod(code, len(functions))
        group, statement = divmod(head, len(statements))
        events.append(_event(keys[group], statements[statement], functions[function]))
    return pa.table({"row": rows, "event": found.indices.cast(pa.int64())}).sort_by("row"), events


def _event(key: GroupKey, statement: str | None, function: str | None) -> Event:
    if statement is not None:
        return Event(key.service_id, key.severity, statement, "")
    return Event(key.service_id, key.severity, function or "", key.template)


def _encoded(column: pa.Array) -> tuple[list[str | None], pa.Array]:
    """Return the distinct values, null among them, and the index of each row's value."""
    encoded = pc.dictionary_encode(column, null_encoding="encode")
    return encoded.dictionary.to_pylist(), encoded.indices.cast(pa.int64())


def _lines(window: LogWindow, codes: pa.Table, numbers: Sequence[int], service_of: Sequence[int]) -> EventLines:
    rows = codes["row"].combine_chunks()
    events = [numbers[code] for code in codes["event"].to_pylist()]
    return EventLines(
        rows.to_pylist(),
        window.times.take(rows).to_pylist(),
        events,
        _indices(window.identifiers.traces.take(rows)),
        _indices(window.identifiers.spans.take(rows)),
        [service_of[event] for event in events],
    )


def _indices(column: pa.Array) -> list[int | None]:
    indices: list[int | None] = column.dictionary_encode().indices.to_pylist()
    return indices


def spans_of(lines: EventLines) -> list[Unit]:
    """Return the lines of each trace, divided by service and span."""
    found: dict[tuple[int, int, int | None], list[int]] = {}
    for line, (trace, service, span) in enumerate(zip(lines.traces, lines.services, lines.spans, strict=True)):
        if trace is not None:
            found.setdefault((trace, service, span), []).append(line)
    return [Unit(trace, service, members) for (trace, service, _), members in found.items()]


def bursts_of(lines: EventLines) -> list[Unit]:
    """Return the lines of each service, divided where the service is silent for a while."""
    found: list[Unit] = []
    open_bursts: dict[int, list[int]] = {}
    for line, (service, time) in enumerate(zip(lines.services, lines.times, strict=True)):
        members = open_bursts.get(service)
        if members is None or time - lines.times[members[-1]] > SILENCE_US:
            members = open_bursts[service] = []
            found.append(Unit(len(found), service, members))
        members.append(line)
    return found


def crowded(now: EventLines, bursts: Sequence[Unit], before: EventLines) -> frozenset[int]:
    """Return the services that log much more than before, and so often that their bursts mix several requests."""
    busy: Counter[int] = Counter()
    for burst in bursts:
        busy[burst.service] += now.times[burst.lines[-1]] - now.times[burst.lines[0]] + SILENCE_US
    length, before_length = _length(now), _length(before)
    lines, lines_before = Counter(now.services), Counter(before.services)
    return frozenset(
        service
        for service, time in busy.items()
        if time >= _BUSY * length and lines[service] * before_length > _MORE_LINES * lines_before[service] * length
    )


def _length(lines: EventLines) -> int:
    return max(1, lines.times[-1] - lines.times[0]) if lines.times else 1


def traces_of(lines: EventLines) -> Mapping[int, list[int]]:
    """Return the lines of each trace."""
    found: dict[int, list[int]] = {}
    for line, trace in enumerate(lines.traces):
        if trace is not None:
            found.setdefault(trace, []).append(line)
    return found
