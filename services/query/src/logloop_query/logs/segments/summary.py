"""The summary of a segment: its logs counted by minute, severity, service and pattern.

Counts by these need no row, and neither does a filter on them or on words in the constant text of patterns.
"""

import copy
from typing import Any

import pyarrow as pa

from logloop_query.logs.segments.columns import narrow, narrow_indices, read_batch, used_words, write
from logloop_query.logs.segments.log_types.messages import StoredMessages
from logloop_query.logs.segments.time_units import minutes_of
from logloop_query.logs.segments.variables import Variables, decode_variables

MAX_ROWS = 8_192
"""A segment with more combinations is counted without its patterns."""


def encode_summary(timestamps: Any, severity: Any, service: Any, patterns: Any) -> bytes:
    """Return the counts of rows. `severity` and `service` are dictionary arrays.

    `patterns` are the numbers of the rows' patterns.
    """
    keys = {
        "minute": minutes_of(timestamps).cast(pa.int32()),
        "severity": severity.indices,
        "service_id": service.indices,
        "pattern": patterns,
    }
    counted = _counted(keys)
    if counted.num_rows > MAX_ROWS:
        del keys["pattern"]
        counted = _counted(keys)
    columns = {"minute": counted.column("minute")}
    for name, array in (("severity", severity), ("service_id", service)):
        words, indices = used_words(pa.DictionaryArray.from_arrays(counted.column(name), array.dictionary))
        columns[name] = pa.DictionaryArray.from_arrays(narrow_indices(indices, len(words)), words)
    if "pattern" in keys:
        columns["pattern"] = narrow(counted.column("pattern"))
    return write({**columns, "count": counted.column("count_all").cast(pa.int32())})


def _counted(keys: dict[str, Any]) -> Any:
    grouped = pa.table(keys).group_by(list(keys), use_threads=False).aggregate([([], "count_all")])
    return grouped.combine_chunks().to_batches()[0]


def _widened(array: Any) -> Any:
    """Return a column with wide indices, so that the words of several summaries can be unified."""
    return array.cast(pa.dictionary(pa.int32(), pa.utf8())) if isinstance(array, pa.DictionaryArray) else array


class Summary:
    """A summary as rows to evaluate, one for each combination. It has `pattern` only if it is known for all rows.

    `patterns` are the texts of the patterns. `variables` is what the segment knows of the text that they replace.
    """

    hour: int | None = None
    messages: StoredMessages | None = None

    def __init__(self, stream: bytes, patterns: bytes = b"", variables: bytes = b"") -> None:
        counts = read_batch(stream)
        columns = {name: _widened(counts.column(name)) for name in counts.schema.names}
        self.patterns: Any | None = None
        self.variables: Variables | None = None
        numbers = columns.pop("pattern", None)
        if numbers is not None and patterns:
            self.patterns = read_batch(patterns).column(0)
            self.variables = decode_variables(variables, len(self.patterns))
            columns["pattern"] = pa.DictionaryArray.from_arrays(numbers.cast(pa.int32()), self.patterns)
        self.counts = pa.RecordBatch.from_pydict(columns)
        self.count = counts.num_rows

    @property
    def names(self) -> frozenset[str]:
        """The columns by which logs are counted, other than the minute."""
        return frozenset(self.counts.schema.names) - {"minute", "count"}

    @property
    def bytes(self) -> int:
        """Size in memory."""
        variables = 0 if self.variables is None else len(self.variables.trigrams)
        return int(self.counts.nbytes) + variables + 1024

    def recounted(self, counts: Any) -> "Summary":
        """Return the same combinations with other counts, such as those of the logs that a filter selects."""
        other = copy.copy(self)
        place = self.counts.schema.get_field_index("count")
        other.counts = self.counts.set_column(place, "count", pa.array(counts))
        return other

    def column(self, name: str) -> Any:
        """Return a column of the counts."""
        return self.counts.column(name)

    def rows(self, name: str, numbers: Any) -> Any:
        """Return the rows of a column with these numbers."""
        return self.column(name).take(numbers)
