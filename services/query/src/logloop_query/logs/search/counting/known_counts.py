"""The counts of segments that an earlier search with the same filter has made."""

from collections.abc import Sequence

import pyarrow as pa

from logloop_query.logs.search.caches import CountCache
from logloop_query.logs.search.counting.sums import Buckets, by_minute, in_buckets
from logloop_query.logs.search.plan import LogSelection, SegmentRef


class KnownCounts:
    """Finds and remembers the counts of segments that lie in the time range, by each grouping.

    Counts by time are kept by minute, so that they serve buckets of any whole number of minutes.
    """

    def __init__(
        self, cache: CountCache, selection: LogSelection, groupings: Sequence[Sequence[str]], buckets: Buckets | None
    ) -> None:
        self._cache = cache
        self._selection = selection
        self._groupings = [by_minute(keys) for keys in groupings]
        self._buckets = buckets
        self._usable = buckets is None or buckets.whole_minutes

    def among(self, refs: Sequence[SegmentRef]) -> tuple[list[SegmentRef], list[list[pa.Table]]]:
        """Return the segments that must be counted, and the known counts of all others by each grouping."""
        rest: list[SegmentRef] = []
        found: list[list[pa.Table]] = []
        for ref in refs:
            tables = self._get(ref) if self._usable and self._selection.contains(ref) else None
            if tables is None:
                rest.append(ref)
            else:
                found.append(tables)
        if not found:
            return rest, []
        whole = [pa.concat_tables(tables, promote_options="permissive") for tables in zip(*found, strict=True)]
        return rest, [[in_buckets(table, self._buckets) for table in whole]]

    def _get(self, ref: SegmentRef) -> list[pa.Table] | None:
        tables: list[pa.Table] = []
        for keys in self._groupings:
            table = self._cache.get(ref, self._selection.wanted, keys)
            if table is None:
                return None
            tables.append(table)
        return tables

    def put(self, ref: SegmentRef, tables: Sequence[pa.Table]) -> None:
        """Remember the counts of a segment by each grouping."""
        if self._usable and self._selection.contains(ref):
            for keys, table in zip(self._groupings, tables, strict=True):
                self._cache.put(ref, self._selection.wanted, keys, table)
