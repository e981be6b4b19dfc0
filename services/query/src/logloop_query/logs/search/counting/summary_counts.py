"""Counts logs by the summaries of segments."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
from logloop_contracts.patterns.masking import PATTERN_VERSION

from logloop_query.logs.search.candidates import may_hold
from logloop_query.logs.search.counting.sums import Buckets, Sum, add_up, keys_of
from logloop_query.logs.search.kernels import evaluate
from logloop_query.logs.search.language.filter import Filter, needed_columns
from logloop_query.logs.search.limits.pace import Pace
from logloop_query.logs.search.limits.threads import Work
from logloop_query.logs.search.pattern_rules import AskedOfPatterns, resolved
from logloop_query.logs.search.plan import SegmentRef, StoredColumns, columns_for
from logloop_query.logs.segments.codec import TableColumns
from logloop_query.logs.segments.columns import read_batch
from logloop_query.logs.segments.summary import Summary


def count_summaries(
    summaries: dict[str, Summary], wanted: Filter, keys: Sequence[str], buckets: Buckets | None, pace: Pace
) -> tuple[dict[str, Filter], pa.Table | None]:
    """Return what is left to test in segments that their summaries do not decide, and the counts of the others."""
    undecided: dict[str, Filter] = {}
    counts: list[pa.Table] = []
    alike: list[Summary] = []
    asked = AskedOfPatterns.of(wanted)
    names = [*(["minute"] if buckets else []), *keys, "count"]
    needed = needed_columns(asked.wanted if asked else wanted) | set(keys)
    for segment_id, summary in summaries.items():
        if asked and needed <= summary.names and asked.decides(summary):
            alike.append(summary)
            continue
        left = resolved(wanted, summary)
        if needed_columns(left) | set(keys) <= summary.names:
            counts += _chosen(pa.Table.from_batches([summary.counts]), left, names, pace)
        elif may_hold(left, summary, pace):
            undecided[segment_id] = left
    if asked and alike:
        columns = sorted(needed | set(names))
        chosen = [summary.counts.select(columns) for summary in alike]
        merged = pa.Table.from_batches(chosen).unify_dictionaries().combine_chunks()
        counts += _chosen(merged, asked.wanted, names, pace)
    if not counts:
        return undecided, None
    merged = add_up(counts, names[:-1])
    merged = merged.filter(pc.greater(merged.column("count"), 0))
    if buckets is None:
        return undecided, merged
    columns_of_buckets = {
        "bucket": buckets.of_minutes(merged.column("minute")),
        **{name: merged.column(name) for name in (*keys, "count")},
    }
    return undecided, pa.table(columns_of_buckets)


async def add_summaries(
    work: Work, summaries: dict[str, Summary], wanted: Filter, sums: Sequence[Sum], buckets: Buckets | None
) -> dict[str, Filter]:
    """Add the logs of summaries that a filter selects, and return what is left where they do not decide."""
    keys = sorted(keys_of(sums))
    undecided, table = await work.run(lambda pace: count_summaries(summaries, wanted, keys, buckets, pace))
    if table is not None:
        for counted in sums:
            counted.add([table if len(counted.keys) == table.num_columns - 1 else add_up([table], counted.keys)])
    return undecided


def _chosen(summaries: pa.Table, wanted: Filter, names: Sequence[str], pace: Pace) -> list[pa.Table]:
    """Return columns of the rows of summaries that a filter selects, as at most one table."""
    mask = evaluate(wanted, TableColumns(summaries), pace)
    if mask is False:
        return []
    chosen = summaries.select(names)
    return [chosen if mask is True else chosen.filter(mask)]


def count_patterns(ref: SegmentRef, stored: StoredColumns, wanted: Filter, pace: Pace) -> pa.Table:
    """Count the logs of a segment by pattern, from its list of patterns unless another version has made it."""
    if stored.pattern_version == PATTERN_VERSION:
        words, counts = read_batch(stored.patterns).columns
    else:
        words, counts = pc.value_counts(pc.cast(columns_for(ref, stored).column("pattern"), pa.utf8())).flatten()
    table = pa.table({"pattern": words, "count": counts.cast(pa.int64())})
    mask = evaluate(wanted, TableColumns(table), pace)
    if mask is True:
        return table
    return table.slice(0, 0) if mask is False else table.filter(mask)
