"""Measures searches, counts and export over many logs of one project, over HTTP.

It must not send logs.
"""

import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from benchmarks.lines import FREQUENT_TERM
from benchmarks.processes import Watch
from benchmarks.stage import Stage, drop_from_page_cache

_ROUNDS = 9
_REPEATS = 3
_EXPORT_S = 40.0


@dataclass(frozen=True)
class Searches:
    """Milliseconds as a client sees them; memory in bytes."""

    logs: int
    cold_ms: float
    warm_ms: float
    warm_cpu_ms: float
    first_page_ms: float
    histogram_ms: float
    facets_ms: float
    histogram_cold_ms: float
    scanned_bytes: int
    search_growth: int
    export_growth: int
    exported_logs: int
    export_logs_per_s: float


class Asking:
    """Questions to query, timed."""

    def __init__(self, stage: Stage) -> None:
        self._project = stage.platform.project
        self._client = stage.platform.query()

    def get(self, path: str, **parameters: object) -> tuple[float, Mapping[str, Any]]:
        """Milliseconds until the whole answer was there, and the answer."""
        query = {"project_id": self._project, **{name: str(value) for name, value in parameters.items()}}
        begin = time.perf_counter()
        answer = self._client.get(f"/api/v1/logs{path}", params=query, timeout=60.0)
        took = (time.perf_counter() - begin) * 1000
        answer.raise_for_status()
        return took, answer.json()

    def median(self, path: str, **parameters: object) -> float:
        """Median of some rounds."""
        return statistics.median(self.get(path, **parameters)[0] for _ in range(_ROUNDS))

    def find_rare(self, needle: str) -> tuple[float, int]:
        """Find the one log with a text, through as many pages as it takes; milliseconds and bytes scanned."""
        cursor: dict[str, str] = {}
        total, scanned, found = 0.0, 0, 0
        while True:
            took, answer = self.get("", q=needle, limit=100, **cursor)
            total += took
            scanned += answer["scanned"]["bytes"]
            found += len(answer["items"])
            if answer["next_cursor"] is None:
                break
            cursor = {"cursor": answer["next_cursor"]}
        if found != 1:
            raise RuntimeError(f"the rare text was found {found} times instead of once")
        return total, scanned


def restart_cold(stage: Stage) -> None:
    """Stop query and mongod, make the kernel forget their files, start both: no cache is left."""
    stage.platform["query"].terminate(60.0)
    stage.mongo.stop()
    drop_from_page_cache(stage.folder)
    stage.mongo.start()
    stage.platform["query"].start()


def measure_searches(stage: Stage, logs: int, needle: str) -> Searches:
    """Everything over the stored logs; the first search is cold."""
    restart_cold(stage)
    asking = Asking(stage)
    with Watch(stage.pids) as searching:
        cold, scanned = asking.find_rare(needle)
        with Watch(stage.pids) as again:
            warm = statistics.median(asking.find_rare(needle)[0] for _ in range(_REPEATS))
    restart_cold(stage)
    histogram_cold, answer = Asking(stage).get("/histogram")
    if answer["total"] != logs:
        raise RuntimeError(f"the histogram counts {answer['total']} logs instead of {logs}")
    with Watch(stage.pids) as exporting:
        exported, took = _export(stage)
    return Searches(
        logs=logs,
        cold_ms=cold,
        warm_ms=warm,
        warm_cpu_ms=(again.cpu_s["query"] + again.cpu_s["mongod"]) * 1000 / _REPEATS,
        first_page_ms=asking.median("", q=FREQUENT_TERM, limit=100),
        histogram_ms=asking.median("/histogram"),
        facets_ms=asking.median("/facets"),
        histogram_cold_ms=histogram_cold,
        scanned_bytes=scanned,
        search_growth=searching.growth("query"),
        export_growth=exporting.growth("query"),
        exported_logs=exported,
        export_logs_per_s=exported / took,
    )


def _export(stage: Stage) -> tuple[int, float]:
    """Stream the export as NDJSON for a while; lines read and seconds."""
    parameters = {"project_id": stage.platform.project, "format": "ndjson"}
    lines, begin = 0, time.monotonic()
    with (
        stage.platform.query() as client,
        client.stream("GET", "/api/v1/logs/export", params=parameters, timeout=httpx.Timeout(60.0)) as answer,
    ):
        answer.raise_for_status()
        for piece in answer.iter_raw():
            lines += piece.count(b"\n")
            if time.monotonic() - begin > _EXPORT_S:
                break
    return lines, time.monotonic() - begin
