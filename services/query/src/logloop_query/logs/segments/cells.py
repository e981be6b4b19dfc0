"""Which combination of minute, severity, service and pattern each row of a segment has: its cell in the summary.

With cells, the rows that a filter selects are counted by all four at once, and no longer need these columns.
"""

import math
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from logloop_query.logs.segments.codec import SegmentColumns
from logloop_query.logs.segments.summary import Summary

CELL_COLUMNS = frozenset({"minute", "severity", "service_id", "pattern"})
Cells: TypeAlias = npt.NDArray[np.unsignedinteger[Any]]
"""For each row of a segment, the row of its summary."""
CellCounts: TypeAlias = npt.NDArray[np.int32]
"""For each row of a summary, a number of logs; empty if there are none."""
NO_LOGS: CellCounts = np.zeros(0, np.int32)
_LIMIT = 1 << 31
_TABLE = 1 << 20
"""Combinations up to which a table finds the cell of each."""


def cells_of(columns: SegmentColumns, summary: Summary) -> Cells | None:
    """Return the cell of each row (8 to 16 bits). None if the columns do not lead to the counts of the summary."""
    codes: list[tuple[Any, Any, int]] = []
    for name in sorted(CELL_COLUMNS):
        column = columns.column(name)
        if column.null_count:
            return None
        codes.append(_codes(column, summary.column(name)))
    combinations = math.prod(size for _, _, size in codes)
    kind = np.int32 if combinations < _LIMIT else np.int64
    rows, cells = np.zeros(columns.count, kind), np.zeros(summary.count, kind)
    for of_rows, of_cells, size in codes:
        for numbers, values in ((rows, of_rows), (cells, of_cells)):
            np.multiply(numbers, size, out=numbers)
            np.add(numbers, values, out=numbers, casting="unsafe")
    found = _places(rows, cells, combinations).astype(np.min_scalar_type(summary.count), copy=False)
    expected = summary.column("count").to_numpy()
    return found if np.array_equal(np.bincount(found, minlength=summary.count), expected) else None


def _codes(of_rows: Any, of_cells: Any) -> tuple[Any, Any, int]:
    """Return the values of rows and cells as numbers below a size."""
    if isinstance(of_rows, pa.DictionaryArray):
        words = pc.index_in(of_cells.dictionary, value_set=of_rows.dictionary).to_numpy(zero_copy_only=False)
        return of_rows.indices.to_numpy(), words[of_cells.indices.to_numpy()], len(of_rows.dictionary)
    rows, cells = of_rows.to_numpy(), of_cells.to_numpy()
    first = int(rows.min())
    return rows - first, cells - first, int(rows.max()) - first + 1


def _places(rows: Any, cells: Any, combinations: int) -> Any:
    """Return the position in `cells` of each number in `rows`, which are all in it."""
    if combinations <= _TABLE:
        table = np.zeros(combinations, np.uint16)
        table[cells] = np.arange(len(cells))
        return table[rows]
    order = np.argsort(cells)
    return order[np.searchsorted(cells, rows, sorter=order).clip(max=len(cells) - 1)]


def count_cells(cells: Cells, mask: Any, size: int) -> CellCounts:
    """Return how many rows a mask selects of each of `size` cells. True selects all rows, False none."""
    if mask is False:
        return NO_LOGS
    chosen = cells if mask is True else cells.take(np.flatnonzero(mask.to_numpy(zero_copy_only=False)))
    return np.bincount(chosen, minlength=size).astype(np.int32)
