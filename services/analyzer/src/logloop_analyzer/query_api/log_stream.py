"""Reads logs from query's Arrow export, up to a number of rows and bytes."""

import asyncio
import io
from collections.abc import AsyncIterator

import pyarrow as pa

from logloop_analyzer.evidence.log_window import conform
from logloop_analyzer.query_api.interface import LogSample


class BrokenStream(Exception):
    """The stream ended early or is not an Arrow stream."""


async def read_log_stream(chunks: AsyncIterator[bytes], *, max_logs: int, max_bytes: int) -> LogSample:
    """Return the first logs of an Arrow stream. Raises BrokenStream, or KeyError if a column is missing."""
    # The stream is compressed, so a body longer than the limit cannot fit. What was read of it can be decoded.
    body, truncated = io.BytesIO(), False
    async for chunk in chunks:
        body.write(chunk)
        if body.tell() > max_bytes:
            truncated = True
            break
    return await asyncio.to_thread(_decode, body, max_logs, max_bytes, truncated=truncated)


def _decode(body: io.BytesIO, max_logs: int, max_bytes: int, *, truncated: bool) -> LogSample:
    tables: list[pa.Table] = []
    rows = size = 0
    body.seek(0)
    try:
        with pa.ipc.open_stream(body) as reader:
            for batch in reader:
                table = conform(pa.Table.from_batches([batch.slice(0, max_logs - rows)]))
                tables.append(table)
                rows, size = rows + table.num_rows, size + table.nbytes
                if table.num_rows < batch.num_rows or size > max_bytes:
                    truncated = True
                    break
    except (pa.ArrowException, OSError, ValueError) as error:
        if not truncated:
            raise BrokenStream("query's export is not a complete Arrow stream") from error
    if not tables:
        return LogSample(conform(None), truncated)
    return LogSample(pa.concat_tables(tables).unify_dictionaries(), truncated)
