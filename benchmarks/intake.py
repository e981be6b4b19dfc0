"""Measures the intake of logs: HTTP, broker confirmed, segments on disk.

It must not know the baseline.
"""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import MongoClient

from benchmarks.load import LoadPlan, LoadResult, run_load
from benchmarks.processes import Watch
from benchmarks.stage import DATABASE, Stage

SINGLE_CONNECTIONS = 64


@dataclass(frozen=True)
class Round:
    """One bulk round: logs a second until the last is stored, CPU in µs a log by process, peak memory in bytes."""

    logs: int
    logs_per_s: float
    accepted_per_s: float
    cpu_us: dict[str, float]
    client_cpu_us: float
    rss_peak: dict[str, int]


class Intake:
    """Sends to the platform of a stage; `sent` logs should be stored there."""

    def __init__(self, stage: Stage, key: str) -> None:
        self._stage = stage
        self._key = key
        self.sent = 0

    def bulk_round(self, plan: LoadPlan) -> Round:
        """Send logs, wait until all are stored."""
        logs = plan.requests * plan.logs_a_request
        with Watch(self._stage.pids) as watch:
            result = run_load(plan)
            end = self._wait_stored(logs)
        return Round(
            logs,
            logs / (end - result.begin),
            logs / (result.end - result.begin),
            {name: seconds / logs * 1e6 for name, seconds in watch.cpu_s.items()},
            result.cpu_s / logs * 1e6,
            watch.rss_peak,
        )

    def singles(self, requests: int, *, seed: int) -> "Singles":
        """One log a request, 64 connections."""
        plan = self.plan(
            "short", requests, 1, connections=SINGLE_CONNECTIONS, seed=seed, window=(0.0, 0.0), bodies=5000
        )
        with Watch(self._stage.pids) as watch:
            result = run_load(plan)
            self._wait_stored(requests)
        return Singles(requests / (result.end - result.begin), result, watch.cpu_s["ingest"] / requests * 1e6)

    def plan(
        self,
        profile: str,
        requests: int,
        logs_a_request: int,
        *,
        connections: int,
        seed: int,
        window: tuple[float, float],
        **more: object,
    ) -> LoadPlan:
        """What to send; `window` is (begin, end) in hours ago."""
        fields = {
            "url": f"{self._stage.platform['ingest'].url}/api/v1/logs",
            "key": self._key,
            "project": self._stage.platform.project,
            "profile": profile,
            "requests": requests,
            "logs_a_request": logs_a_request,
            "connections": connections,
            "seed": seed,
            "begin_hours_ago": window[0],
            "end_hours_ago": window[1],
            **more,
        }
        return LoadPlan(**fields)  # type: ignore[arg-type]  # a dict of what the plan's fields are

    def sent_elsewhere(self, logs: int) -> None:
        """Tell of logs that were sent past this object, and wait until they are stored."""
        self._wait_stored(logs)

    def _wait_stored(self, further: int) -> float:
        self.sent += further
        with self._stage.mongo_client() as client:
            while (stored := _stored_logs(self._stage, client)) < self.sent:
                time.sleep(0.05)
        if stored > self.sent:
            raise RuntimeError(f"{stored} logs are stored, but only {self.sent} were sent")
        return time.monotonic()


@dataclass(frozen=True)
class Singles:
    """One log a request: requests a second, what the client saw, CPU of ingest in µs a request."""

    requests_per_s: float
    seen: LoadResult
    ingest_cpu_us: float


def _stored_logs(stage: Stage, client: MongoClient[dict[str, Any]]) -> int:
    """Logs in all segments, answered by MongoDB from an index, without touching a segment."""
    pipeline: list[dict[str, Any]] = [
        {"$match": {"project_id": stage.platform.project}},
        {"$group": {"_id": None, "count": {"$sum": "$count"}}},
    ]
    found = list(client[DATABASE]["segments"].aggregate(pipeline, hint="newest"))
    return int(found[0]["count"]) if found else 0


@dataclass(frozen=True)
class Disk:
    """Bytes of what is stored, after a checkpoint. `files` is more than `size` for some minutes after a merge of
    segments: MongoDB keeps the old ones five minutes for snapshot reads, then fills their blocks again."""

    logs: int
    segments: int
    size: int
    files: int
    indexes: int
    patterns: int

    @property
    def bytes_per_log(self) -> float:
        """Segments as they are stored (they are compressed already), patterns, and all their indexes."""
        return (self.size + self.indexes + self.patterns) / self.logs

    @property
    def file_bytes_per_log(self) -> float:
        """The same by the size of the files now."""
        return (self.files + self.indexes + self.patterns) / self.logs


def disk(stage: Stage) -> Disk:
    """What the stored logs take on disk."""
    with stage.mongo_client() as client:
        client.admin.command("fsync", 1)
        database = client[DATABASE]
        segments = database.command("collStats", "segments")
        patterns = database.command("collStats", "patterns")
        return Disk(
            _stored_logs(stage, client),
            segments["count"],
            segments["size"],
            segments["storageSize"],
            segments["totalIndexSize"],
            patterns["storageSize"] + patterns["totalIndexSize"],
        )


def wait_compacted(stage: Stage, timeout_s: float) -> float:
    """Wait until compaction has left the segments alone for some seconds; how long that took."""
    begin = time.monotonic()
    last, since = "", begin
    while time.monotonic() - begin < timeout_s:
        with stage.mongo_client() as client:
            newest = client[DATABASE]["segments"].find_one({}, {"_id": 1}, sort=[("_id", -1)])
            now = f"{client[DATABASE]['segments'].estimated_document_count()} {newest}"
        if now != last:
            last, since = now, time.monotonic()
        elif time.monotonic() - since > 12:
            break
        time.sleep(0.5)
    return time.monotonic() - begin


def median_of(rounds: Sequence[Round], name: str) -> float:
    """Median CPU of a process over rounds, in µs a log."""
    return statistics.median(item.cpu_us[name] for item in rounds)
