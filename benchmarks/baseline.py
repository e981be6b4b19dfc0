"""Runs and measures the one-document-per-log baseline on the same mongod and broker.

It must not know our services.
"""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from logloop.local.ports import LOOPBACK, free_port, wait_listening
from pymongo import MongoClient

from benchmarks.documents import COLLECTION, INDEXES
from benchmarks.lines import PROFILES, body
from benchmarks.load import LoadPlan, run_load
from benchmarks.processes import Watch
from benchmarks.stage import PROJECT, Stage

DATABASE = "documents"
CONNECTIONS = 8
_SEARCH_ROUNDS = 3
_START_S = 60


@dataclass(frozen=True)
class Round:
    """One bulk round: logs a second until the last is stored, and CPU in µs a log by process."""

    logs_per_s: float
    cpu_us: dict[str, float]
    client_cpu_us: float
    rss_peak: dict[str, int]


@dataclass
class Baseline:
    """The running pipeline and what was stored by it."""

    stage: Stage
    profile: str
    database: str
    url: str
    intake: subprocess.Popen[str]
    writer: subprocess.Popen[str]
    stored: int = 0

    def bulk_round(
        self, requests: int, logs_a_request: int, *, seed: int, begin_hours_ago: float, end_hours_ago: float
    ) -> Round:
        """Send logs, wait until all are documents."""
        pids = {
            "intake": self.intake.pid,
            "writer": self.writer.pid,
            "broker": self.stage.rabbit.broker.pid,
            "mongod": self.stage.mongo.process.pid,
        }
        plan = LoadPlan(
            url=self.url,
            key="none",
            project=PROJECT,
            profile=self.profile,
            requests=requests,
            logs_a_request=logs_a_request,
            connections=CONNECTIONS,
            seed=seed,
            begin_hours_ago=begin_hours_ago,
            end_hours_ago=end_hours_ago,
        )
        logs = requests * logs_a_request
        with Watch(pids) as watch:
            result = run_load(plan)
            end = self._wait_stored(self.stored + logs)
        self.stored += logs
        return Round(
            logs / (end - result.begin),
            {name: seconds / logs * 1e6 for name, seconds in watch.cpu_s.items()},
            result.cpu_s / logs * 1e6,
            watch.rss_peak,
        )

    def _wait_stored(self, count: int) -> float:
        with self.stage.mongo_client() as client:
            logs = client[self.database][COLLECTION]
            while logs.estimated_document_count() < count:
                time.sleep(0.02)
        return time.monotonic()


@contextlib.contextmanager
def baseline(stage: Stage, profile: str, *, lean: bool = False) -> Iterator[Baseline]:
    """Start the two processes of the baseline, the usual or the lean one."""
    port, database = free_port(), f"{DATABASE}_{profile}{'_lean' if lean else ''}"
    env = {
        **os.environ,
        "BENCH_AMQP_URL": stage.rabbit.url,
        "BENCH_MONGO_URL": stage.mongo.url,
        "BENCH_MONGO_DATABASE": database,
        "BENCH_PORT": str(port),
    }
    with contextlib.ExitStack() as started:
        writer = started.enter_context(_program("writer", env))
        assert writer.stdout is not None
        if writer.stdout.readline() != "writing\n":
            raise RuntimeError("the baseline's writer did not start; its error is above")
        intake = started.enter_context(_program("lean-intake" if lean else "intake", env))
        if not wait_listening(port, timeout_s=_START_S):
            raise RuntimeError("the baseline's intake did not start; its error is above")
        yield Baseline(stage, profile, database, f"http://{LOOPBACK}:{port}/logs", intake, writer)


@contextlib.contextmanager
def _program(name: str, env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.documents", name],
        env=env,
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@dataclass(frozen=True)
class Direct:
    """`insert_many` of ready documents by one client: no HTTP, no broker, no JSON."""

    logs_per_s: float
    client_cpu_us: float
    mongod_cpu_us: float


def direct_round(stage: Stage, profile: str, requests: int, logs_a_request: int) -> Direct:
    """Insert ready documents with the same indexes; what MongoDB itself costs a log."""
    from datetime import datetime

    batches = [json.loads(body(PROFILES[profile], PROJECT, 7_000_000 + n, logs_a_request)) for n in range(requests)]
    for entry in (entry for batch in batches for entry in batch):
        entry["timestamp"] = datetime.fromisoformat(entry["timestamp"])
    with MongoClient[dict[str, Any]](stage.mongo.url, w="majority", journal=True) as client:
        logs = client[f"{DATABASE}_direct"][COLLECTION]
        for index in INDEXES:
            logs.create_index(index)
        with Watch({"mongod": stage.mongo.process.pid, "client": os.getpid()}) as watch:
            begin = time.monotonic()
            for batch in batches:
                logs.insert_many(batch, ordered=False)
            took = time.monotonic() - begin
        client.drop_database(f"{DATABASE}_direct")
    count = requests * logs_a_request
    return Direct(count / took, watch.cpu_s["client"] / count * 1e6, watch.cpu_s["mongod"] / count * 1e6)


@dataclass(frozen=True)
class Stored:
    """What the stored documents cost: bytes a log with indexes, and two questions in ms a million logs."""

    logs: int
    bytes_per_log: float
    substring_ms_per_m: float
    histogram_ms_per_m: float


def measure_stored(stage: Stage, profile: str) -> Stored:
    """Disk after a checkpoint, a rare substring by regex and a histogram by aggregation, all warm."""
    with stage.mongo_client() as client:
        client.admin.command("fsync", 1)
        database = client[f"{DATABASE}_{profile}"]
        logs = database[COLLECTION]
        figures = database.command("collStats", COLLECTION)
        count = logs.estimated_document_count()
        if count == 0:
            raise RuntimeError("no documents are stored; the bulk intake before this part has failed")
        size = figures["storageSize"] + figures["totalIndexSize"]

        def substring() -> object:
            return list(logs.find({"project_id": PROJECT, "message": {"$regex": "no such text anywhere"}}))

        def histogram() -> object:
            minute = {"$dateTrunc": {"date": "$timestamp", "unit": "minute"}}
            return list(
                logs.aggregate(
                    [
                        {"$match": {"project_id": PROJECT}},
                        {"$group": {"_id": {"minute": minute, "severity": "$severity"}, "count": {"$sum": 1}}},
                    ]
                )
            )

        per_million = 1e6 / count
        return Stored(count, size / count, _median_ms(substring) * per_million, _median_ms(histogram) * per_million)


def _median_ms(ask: Any) -> float:
    taken = []
    for _ in range(_SEARCH_ROUNDS):
        begin = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - begin) * 1000)
    return statistics.median(taken)
