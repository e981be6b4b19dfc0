"""Measures searches, counts and export over many logs of one project, over HTTP."""

import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from benchmarks.lines import FREQUENT_TERM
from benchmarks.processes import ProcessUsage
from benchmarks.testbed import Testbed, drop_from_page_cache

_ROUNDS = 9
_REPEATS = 3
_EXPORT_S = 40.0


@dataclass(frozen=True)
class SearchFigures:
    """Milliseconds as measured by a client; memory in bytes."""

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


class SearchClient:
    """Sends requests to query and times them."""

    def __init__(self, testbed: Testbed) -> None:
        self._project = testbed.platform.project
        self._client = testbed.platform.query()

    def get(self, path: str, **parameters: object) -> tuple[float, Mapping[str, Any]]:
        """Return the milliseconds until the whole response arrived, and the response."""
        query = {"project_id": self._project, **{name: str(value) for name, value in parameters.items()}}
        begin = time.perf_counter()
        response = self._client.get(f"/api/v1/logs{path}", params=query, timeout=60.0)
        took = (time.perf_counter() - begin) * 1000
        response.raise_for_status()
        return took, response.json()

    def median(self, path: str, **parameters: object) -> float:
        """Return the median milliseconds of several equal requests."""
        return statistics.median(self.get(path, **parameters)[0] for _ in range(_ROUNDS))

    def find_rare(self, needle: str) -> tuple[float, int]:
        """Find the one log with a text, over as many pages as necessary; return milliseconds and bytes scanned."""
        cursor: dict[str, str] = {}
        total, scanned, found = 0.0, 0, 0
        while True:
            took, response = self.get("", q=needle, limit=100, **cursor)
            total += took
            scanned += response["scanned"]["bytes"]
            found += len(response["items"])
            if response["next_cursor"] is None:
                break
            cursor = {"cursor": response["next_cursor"]}
        if found != 1:
            raise RuntimeError(f"the rare text was found {found} times instead of once")
        return total, scanned


def restart_cold(testbed: Testbed) -> None:
    """Stop query and mongod, drop their files from the page cache and start both, so that no cache is left."""
    testbed.platform["query"].terminate(60.0)
    testbed.mongo.stop()
    drop_from_page_cache(testbed.folder)
    testbed.mongo.start()
    testbed.platform["query"].start()


def measure_searches(testbed: Testbed, logs: int, needle: str) -> SearchFigures:
    """Measure all searches over the stored logs; the first one is cold."""
    restart_cold(testbed)
    searches = SearchClient(testbed)
    with ProcessUsage(testbed.pids) as search_usage:
        cold, scanned = searches.find_rare(needle)
        with ProcessUsage(testbed.pids) as warm_usage:
            warm = statistics.median(searches.find_rare(needle)[0] for _ in range(_REPEATS))
    restart_cold(testbed)
    histogram_cold, response = SearchClient(testbed).get("/histogram")
    if response["total"] != logs:
        raise RuntimeError(f"the histogram counts {response['total']} logs instead of {logs}")
    with ProcessUsage(testbed.pids) as export_usage:
        exported, took = _export(testbed)
    return SearchFigures(
        logs=logs,
        cold_ms=cold,
        warm_ms=warm,
        warm_cpu_ms=(warm_usage.cpu_s["query"] + warm_usage.cpu_s["mongod"]) * 1000 / _REPEATS,
        first_page_ms=searches.median("", q=FREQUENT_TERM, limit=100),
        histogram_ms=searches.median("/histogram"),
        facets_ms=searches.median("/facets"),
        histogram_cold_ms=histogram_cold,
        scanned_bytes=scanned,
        search_growth=search_usage.growth("query"),
        export_growth=export_usage.growth("query"),
        exported_logs=exported,
        export_logs_per_s=exported / took,
    )


def _export(testbed: Testbed) -> tuple[int, float]:
    """Stream the export as NDJSON for a limited time; return the lines read and the seconds."""
    parameters = {"project_id": testbed.platform.project, "format": "ndjson"}
    lines, begin = 0, time.monotonic()
    with (
        testbed.platform.query() as client,
        client.stream("GET", "/api/v1/logs/export", params=parameters, timeout=httpx.Timeout(60.0)) as response,
    ):
        response.raise_for_status()
        for chunk in response.iter_raw():
            lines += chunk.count(b"\n")
            if time.monotonic() - begin > _EXPORT_S:
                break
    return lines, time.monotonic() - begin
