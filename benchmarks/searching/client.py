"""Sends searches, counts and exports to query over HTTP and times them."""

import statistics
import time
from collections.abc import Mapping
from typing import Any

import httpx

from benchmarks.testbed import Testbed, drop_from_page_cache

_ROUNDS = 9
_EXPORT_S = 40.0


class SearchClient:
    """Sends requests for the logs of one project, by default that of the testbed."""

    def __init__(self, testbed: Testbed, project: str | None = None) -> None:
        self._project = project or testbed.platform.project
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

    def find_rare(self, q: str) -> tuple[float, int]:
        """Find the one log of a search, over as many pages as necessary; return milliseconds and bytes scanned.

        Raises RuntimeError if another number of logs is found.
        """
        cursor: dict[str, str] = {}
        total, scanned, found = 0.0, 0, 0
        while True:
            took, response = self.get("", q=q, limit=100, **cursor)
            total += took
            scanned += response["scanned"]["bytes"]
            found += len(response["items"])
            if response["next_cursor"] is None:
                break
            cursor = {"cursor": response["next_cursor"]}
        if found != 1:
            raise RuntimeError(f"the rare text was found {found} times instead of once")
        return total, scanned

    def export(self) -> tuple[int, float]:
        """Stream the export as NDJSON for a limited time; return the lines read and the seconds."""
        parameters = {"project_id": self._project, "format": "ndjson"}
        lines, begin = 0, time.monotonic()
        with self._client.stream(
            "GET", "/api/v1/logs/export", params=parameters, timeout=httpx.Timeout(60.0)
        ) as sent:
            sent.raise_for_status()
            for chunk in sent.iter_raw():
                lines += chunk.count(b"\n")
                if time.monotonic() - begin > _EXPORT_S:
                    break
        return lines, time.monotonic() - begin


def restart_cold(testbed: Testbed) -> None:
    """Stop query and mongod, drop their files from the page cache and start both, so that no cache is left."""
    testbed.platform["query"].terminate(60.0)
    testbed.mongo.stop()
    drop_from_page_cache(testbed.folder)
    testbed.mongo.start()
    testbed.platform["query"].start()
