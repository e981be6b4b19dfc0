"""The latest logs that a rule counted. Its notifications show them."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pyarrow as pa

from logloop_ci_bridge.rules.evaluation import prefilter
from logloop_ci_bridge.rules.evaluation.log_values import log_values

MAX_LINES = 10
_NAMES = frozenset({"log.id", "log.timestamp", "log.service_id", "log.severity", "log.message"})


@dataclass(frozen=True, slots=True)
class MatchedLine:
    """A log that passed the filter and every per-log clause."""

    id: str
    at: datetime
    service_id: str
    severity: str
    message: str


@dataclass
class RecentLines:
    """The last matching logs of the batches so far, in memory like the window that counts them."""

    project_id: str
    _kept: deque[MatchedLine] = field(default_factory=lambda: deque(maxlen=MAX_LINES))

    def add(self, rows: prefilter.Rows) -> None:
        """Keep the last rows of a batch."""
        self._kept.extend(self._lines(rows, max(0, len(rows) - MAX_LINES), len(rows)))

    def around(self, rows: prefilter.Rows, index: int, window: timedelta) -> tuple[MatchedLine, ...]:
        """Return the lines of the window up to a row of a new batch; if they are few, also the following ones."""
        stop = min(len(rows), max(index + 1, MAX_LINES - len(self._kept)))
        new = self._lines(rows, max(0, index + 1 - MAX_LINES), stop)
        since = new[min(index, MAX_LINES - 1)].at - window
        earlier = [line for line in self._kept if line.at > since]
        end = len(earlier) + min(index + 1, MAX_LINES)
        start = max(0, end - MAX_LINES)
        return tuple([*earlier, *new][start : start + MAX_LINES])

    def _lines(self, rows: prefilter.Rows, start: int, stop: int) -> list[MatchedLine]:
        indices = pa.array(range(len(rows)), pa.int64()) if rows.indices is None else rows.indices
        part = prefilter.Rows(rows.table, indices.slice(start, stop - start))
        return [
            MatchedLine(
                values["log.id"],
                values["log.timestamp"],
                values["log.service_id"],
                values["log.severity"],
                values["log.message"],
            )
            for values in log_values(self.project_id, part, _NAMES)
        ]
