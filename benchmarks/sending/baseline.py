"""Runs and measures the one-document-per-log baseline on the same mongod and broker."""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from logloop.local.ports import LOOPBACK, free_port, wait_listening
from pymongo import MongoClient

from benchmarks.processes import ProcessUsage
from benchmarks.sending.documents import COLLECTION, INDEXES
from benchmarks.sending.lines import PROFILES, body
from benchmarks.sending.load import LoadPlan, run_load
from benchmarks.testbed import PROJECT, Testbed

DATABASE = "documents"
CONNECTIONS = 8
_SEARCH_ROUNDS = 3
_START_S = 60


@dataclass(frozen=True)
class Round:
    """One bulk round: logs per second until the last one is stored, and CPU in µs per log by process."""

    logs_per_s: float
    cpu_us: dict[str, float]
    client_cpu_us: float
    rss_peak: dict[str, int]


@dataclass
class Baseline:
    """The running pipeline and the number of logs it has stored."""

    testbed: Testbed
    profile: str
    database: str
    url: str
    intake: subprocess.Popen[str]
    writer: subprocess.Popen[str]
    stored: int = 0

    def bulk_round(
        self, requests: int, logs_per_request: int, *, seed: int, begin_hours_ago: float, end_hours_ago: float
    ) -> Round:
        """Send logs and wait until all are stored as documents."""
        pids = {
            "intake": self.intake.pid,
            "writer": self.writer.pid,
            "broker": self.testbed.rabbit.broker.pid,
            "mongod": self.testbed.mongo.process.pid,
        }
        plan = LoadPlan(
            url=self.url,
            key="none",
            project=PROJECT,
            profile=self.profile,
            requests=requests,
            logs_per_request=logs_per_request,
            connections=CONNECTIONS,
            seed=seed,
            begin_hours_ago=begin_hours_ago,
            end_hours_ago=end_hours_ago,
        )
        logs = requests * logs_per_request
        with ProcessUsage(pids) as usage:
            result = run_load(plan)
            end = self._wait_stored(self.stored + logs)
        self.stored += logs
        return Round(
            logs / (end - result.begin),
            {name: seconds / logs * 1e6 for name, seconds in usage.cpu_s.items()},
            result.cpu_s / logs * 1e6,
            usage.rss_peak,
        )

    def _wait_stored(self, count: int) -> float:
        with self.testbed.mongo_client() as client:
            logs = client[self.database][COLLECTION]
            while logs.estimated_document_count() < count:
                time.sleep(0.02)
        return time.monotonic()


@contextlib.contextmanager
def baseline(testbed: Testbed, profile: str, *, lean: bool = False) -> Iterator[Baseline]:
    """Start the two processes of the baseline, in the usual or the lean variant."""
    port, database = free_port(), f"{DATABASE}_{profile}{'_lean' if lean else ''}"
    env = {
        **os.environ,
        "BENCH_AMQP_URL": testbed.rabbit.url,
        "BENCH_MONGO_URL": testbed.mongo.url,
        "BENCH_MONGO_DATABASE": database,
        "BENCH_PORT": str(port),
    }
    with contextlib.ExitStack() as started:
        writer = started.enter_context(_process("writer", env))
        assert writer.stdout is not None
        if writer.stdout.readline() != "writing\n":
            raise RuntimeError("the baseline's writer did not start; its error is above")
        intake = started.enter_context(_process("lean-intake" if lean else "intake", env))
        if not wait_listening(port, timeout_s=_START_S):
            raise RuntimeError("the baseline's intake did not start; its error is above")
        yield Baseline(testbed, profile, database, f"http://{LOOPBACK}:{port}/logs", intake, writer)


@contextlib.contextmanager
def _process(name: str, env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.sending.documents", name],
        env=env,
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@dataclass(frozen=True)
class DirectInsert:
    """`insert_many` of prepared documents by one client: no HTTP, no broker, no JSON."""

    logs_per_s: float
    client_cpu_us: float
    mongod_cpu_us: float


def direct_round(testbed: Testbed, profile: str, requests: int, logs_per_request: int) -> DirectInsert:
    """Insert prepared documents with the same indexes: the cost of MongoDB alone."""
    from datetime import datetime

    batches = [json.loads(body(PROFILES[profile], PROJECT, 7_000_000 + n, logs_per_request)) for n in range(requests)]
    for entry in (entry for batch in batches for entry in batch):
        entry["timestamp"] = datetime.fromisoformat(entry["timestamp"])
    with MongoClient[dict[str, Any]](testbed.mongo.url, w="majority", journal=True) as client:
        logs = client[f"{DATABASE}_direct"][COLLECTION]
        for index in INDEXES:
            logs.create_index(index)
        with ProcessUsage({"mongod": testbed.mongo.process.pid, "client": os.getpid()}) as usage:
            begin = time.monotonic()
            for batch in batches:
                logs.insert_many(batch, ordered=False)
            took = time.monotonic() - begin
        client.drop_database(f"{DATABASE}_direct")
    count = requests * logs_per_request
    return DirectInsert(count / took, usage.cpu_s["client"] / count * 1e6, usage.cpu_s["mongod"] / count * 1e6)


@dataclass(frozen=True)
class StoredDocuments:
    """Cost of the stored documents: bytes per log with indexes, and two queries in ms per million logs."""

    logs: int
    bytes_per_log: float
    substring_ms_per_m: float
    histogram_ms_per_m: float


def measure_stored(testbed: Testbed, profile: str) -> StoredDocuments:
    """Measure disk use after a checkpoint, a rare substring by regex and a histogram by aggregation, all warm."""
    with testbed.mongo_client() as client:
        client.admin.command("fsync", 1)
        database = client[f"{DATABASE}_{profile}"]
        logs = database[COLLECTION]
        figures = database.command("collStats", COLLECTION)
        count = logs.estimated_document_count()
        if count == 0:
            raise RuntimeError("no documents are stored: the preceding bulk intake failed")
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
        return StoredDocuments(
            count, size / count, _median_ms(substring) * per_million, _median_ms(histogram) * per_million
        )


def _median_ms(query: Callable[[], object]) -> float:
    taken = []
    for _ in range(_SEARCH_ROUNDS):
        begin = time.perf_counter()
        query()
        taken.append((time.perf_counter() - begin) * 1000)
    return statistics.median(taken)
