"""Learns from traces which service calls which: the innermost span around a span is its caller."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence

from logloop_analyzer.evidence.steps.work_units import EventLines, Unit

_MAX_TRACES = 2_000
_MAX_SPANS = 64
_MIN_CALLS = 2
_MIN_SHARE = 0.05

Downstream = Mapping[int, frozenset[int]]
"""The services that each service calls, directly or through others."""


def find_downstream(spans: Sequence[Unit], lines: EventLines) -> Downstream:
    """Return which services each service calls. Traces with many spans are not read."""
    traces: dict[int, list[Unit]] = {}
    for span in spans:
        traces.setdefault(span.owner, []).append(span)
    readable = [trace for trace in traces.values() if 1 < len(trace) <= _MAX_SPANS]
    every = max(1, -(-len(readable) // _MAX_TRACES))
    callers: dict[int, Counter[int]] = {}
    for trace in readable[::every]:
        for service, caller in _calls(trace, lines.times):
            callers.setdefault(service, Counter())[caller] += 1
    callees: dict[int, list[int]] = {}
    for service, counts in callers.items():
        enough = max(_MIN_CALLS, _MIN_SHARE * counts.total())
        for caller in (name for name, count in counts.items() if count >= enough):
            callees.setdefault(caller, []).append(service)
    return {service: _reachable(service, callees) for service in callees}


def _calls(trace: Sequence[Unit], times: Sequence[int]) -> list[tuple[int, int]]:
    """Return each span's service with that of the span that encloses it and logged last before it."""
    found = []
    line_times = [[times[line] for line in span.lines] for span in trace]
    for span, mine in zip(trace, line_times, strict=True):
        start, end = mine[0], mine[-1]
        around = [
            (theirs[bisect_right(theirs, start) - 1], other.service)
            for other, theirs in zip(trace, line_times, strict=True)
            if other.service != span.service
            and theirs[0] <= start
            and theirs[-1] >= end
            and (theirs[0], theirs[-1]) != (start, end)
        ]
        if around:
            found.append((span.service, max(around)[1]))
    return found


def _reachable(service: int, callees: Mapping[int, Sequence[int]]) -> frozenset[int]:
    found: set[int] = set()
    waiting = [service]
    while waiting:
        new = [callee for callee in callees.get(waiting.pop(), ()) if callee not in found]
        found.update(new)
        waiting += new
    return frozenset(found - {service})
