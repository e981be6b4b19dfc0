"""Measures the intake of logs: accepted over HTTP, confirmed by the broker, stored as segments on disk."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import MongoClient

from benchmarks.processes import ProcessUsage
from benchmarks.sending.load import LoadPlan, LoadResult, run_load
from benchmarks.testbed import DATABASE, Testbed

SINGLE_CONNECTIONS = 64
PATHS = {"json": "/api/v1/logs", "otlp": "/v1/logs", "loki": "/loki/api/v1/push"}
"""The path of each protocol."""


@dataclass(frozen=True)
class Round:
    """One bulk round: logs per second until all are stored, CPU in µs per log by process, peak memory in bytes."""

    logs: int
    logs_per_s: float
    accepted_per_s: float
    cpu_us: dict[str, float]
    client_cpu_us: float
    rss_peak: dict[str, int]


class Intake:
    """Sends logs to the platform of a testbed; `sent` counts the logs that it should hold."""

    def __init__(self, testbed: Testbed, key: str) -> None:
        self._testbed = testbed
        self._key = key
        self.sent = 0

    def bulk_round(self, plan: LoadPlan) -> Round:
        """Send logs and wait until all are stored."""
        logs = plan.requests * plan.logs_per_request
        with ProcessUsage(self._testbed.pids) as usage:
            result = run_load(plan)
            end = self._wait_stored(logs)
        return Round(
            logs,
            logs / (end - result.begin),
            logs / (result.end - result.begin),
            {name: seconds / logs * 1e6 for name, seconds in usage.cpu_s.items()},
            result.cpu_s / logs * 1e6,
            usage.rss_peak,
        )

    def single_log_round(self, requests: int, *, seed: int) -> "SingleLogRound":
        """Send one log per request over 64 connections."""
        plan = self.plan(
            "short", requests, 1, connections=SINGLE_CONNECTIONS, seed=seed, window=(0.0, 0.0), bodies=5000
        )
        with ProcessUsage(self._testbed.pids) as usage:
            result = run_load(plan)
            self._wait_stored(requests)
        return SingleLogRound(requests / (result.end - result.begin), result, usage.cpu_s["ingest"] / requests * 1e6)

    def plan(
        self,
        profile: str,
        requests: int,
        logs_per_request: int,
        *,
        connections: int,
        seed: int,
        window: tuple[float, float],
        **more: object,
    ) -> LoadPlan:
        """Return a load plan for the platform; `window` is (begin, end) in hours ago."""
        fields = {
            "url": self._testbed.platform["ingest"].url + PATHS[str(more.get("protocol", "json"))],
            "key": self._key,
            "project": self._testbed.platform.project,
            "profile": profile,
            "requests": requests,
            "logs_per_request": logs_per_request,
            "connections": connections,
            "seed": seed,
            "begin_hours_ago": window[0],
            "end_hours_ago": window[1],
            **more,
        }
        return LoadPlan(**fields)  # type: ignore[arg-type]  # the keys are the plan's fields

    def add_sent(self, logs: int) -> None:
        """Count logs that another client sent, and wait until they are stored."""
        self._wait_stored(logs)

    def _wait_stored(self, added: int) -> float:
        self.sent += added
        with self._testbed.mongo_client() as client:
            while (stored := _stored_logs(self._testbed, client)) < self.sent:
                time.sleep(0.05)
        if stored > self.sent:
            raise RuntimeError(f"{stored} logs are stored, but only {self.sent} were sent")
        return time.monotonic()


@dataclass(frozen=True)
class SingleLogRound:
    """One log per request: requests per second, the client's measurements, CPU of ingest in µs per request."""

    requests_per_s: float
    load: LoadResult
    ingest_cpu_us: float


def _stored_logs(testbed: Testbed, client: MongoClient[dict[str, Any]]) -> int:
    """Count the logs in all segments. MongoDB answers from an index, without reading a segment."""
    pipeline: list[dict[str, Any]] = [
        {"$match": {"project_id": testbed.platform.project}},
        {"$group": {"_id": None, "count": {"$sum": "$count"}}},
    ]
    found = list(client[DATABASE]["segments"].aggregate(pipeline, hint="newest"))
    return int(found[0]["count"]) if found else 0


@dataclass(frozen=True)
class Disk:
    """Stored bytes after a checkpoint. `files` exceeds `size` for some minutes after a merge of segments: MongoDB
    keeps the old segments for five minutes for snapshot reads, then reuses their blocks."""

    logs: int
    segments: int
    size: int
    files: int
    indexes: int
    patterns: int

    @property
    def bytes_per_log(self) -> float:
        """Segments as stored (already compressed), their filters, patterns and all indexes, per log."""
        return (self.size + self.indexes + self.patterns) / self.logs

    @property
    def file_bytes_per_log(self) -> float:
        """The same by the current size of the files."""
        return (self.files + self.indexes + self.patterns) / self.logs


def disk(testbed: Testbed) -> Disk:
    """Measure the disk use of the stored logs."""
    with testbed.mongo_client() as client:
        client.admin.command("fsync", 1)
        database = client[DATABASE]
        names = [name for name in database.list_collection_names() if name.startswith("segment")]
        stored = [database.command("collStats", name) for name in names]
        patterns = database.command("collStats", "patterns")
        return Disk(
            _stored_logs(testbed, client),
            database["segments"].estimated_document_count(),
            sum(item["size"] for item in stored),
            sum(item["storageSize"] for item in stored),
            sum(item["totalIndexSize"] for item in stored),
            patterns["storageSize"] + patterns["totalIndexSize"],
        )


def wait_compacted(testbed: Testbed, timeout_s: float) -> float:
    """Wait until compaction has not changed the segments for some seconds; return the seconds this took."""
    begin = time.monotonic()
    last, since = "", begin
    while time.monotonic() - begin < timeout_s:
        with testbed.mongo_client() as client:
            newest = client[DATABASE]["segments"].find_one({}, {"_id": 1}, sort=[("_id", -1)])
            now = f"{client[DATABASE]['segments'].estimated_document_count()} {newest}"
        if now != last:
            last, since = now, time.monotonic()
        elif time.monotonic() - since > 12:
            break
        time.sleep(0.5)
    return time.monotonic() - begin


def median_of(rounds: Sequence[Round], name: str) -> float:
    """Return the median CPU of a process over rounds, in µs per log."""
    return statistics.median(item.cpu_us[name] for item in rounds)
