"""Finds the warning or error that comes first within each trace, the best hint at the cause in plain logs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from logloop_analyzer.evidence.log_window import GroupKey, LogWindow
from logloop_analyzer.evidence.signals import ALARMING, Signal


@dataclass(frozen=True)
class FirstInTrace:
    """For the `traces` with an alarming change: in how many of them a group comes first, and on which rows."""

    traces: int = 0
    counts: dict[GroupKey, int] = field(default_factory=dict)
    rows: dict[GroupKey, list[int]] = field(default_factory=dict)

    def share(self, key: GroupKey) -> float:
        """Return the share of failing traces in which this group comes first, 0 to 1."""
        return self.counts.get(key, 0) / self.traces if self.traces else 0.0

    def share_of_service(self, service_id: str) -> float:
        """Return the share of failing traces in which a group of this service comes first, 0 to 1."""
        return sum(self.share(key) for key in self.counts if key.service_id == service_id)


def first_in_traces(window: LogWindow, signals: Sequence[Signal]) -> FirstInTrace:
    """Return which rising, alarming group comes first in each trace. Empty without trace ids."""
    groups = [s.key for s in signals if s.change != "vanished" and s.strong and s.key.severity in ALARMING]
    if not groups:
        return FirstInTrace()
    rows = pa.concat_arrays([window.groups[key] for key in groups])
    owners = [index for index, key in enumerate(groups) for _ in range(len(window.groups[key]))]
    order = pc.sort_indices(rows)
    rows, owners = rows.take(order), pa.array(owners).take(order).to_pylist()
    first: dict[str, tuple[int, int]] = {}
    for row, owner, trace in zip(rows.to_pylist(), owners, window.traces_of(rows), strict=True):
        if trace is not None:
            first.setdefault(trace, (owner, row))
    counts = Counter(groups[owner] for owner, _ in first.values())
    found: dict[GroupKey, list[int]] = {key: [] for key in counts}
    for owner, row in sorted(first.values(), key=lambda item: item[1]):
        found[groups[owner]].append(row)
    return FirstInTrace(len(first), dict(counts), found)
