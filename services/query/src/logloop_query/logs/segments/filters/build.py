"""Makes the filter of a segment from its messages and attributes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from logloop_contracts.log_batch import HOUR_US

from logloop_query.logs.segments.codec import LASTING_LOGS, Segment, columns_of
from logloop_query.logs.segments.columns import read_batch
from logloop_query.logs.segments.filters.tokens import bloom_filter, hashes_in
from logloop_query.logs.segments.trigrams import Flags, TrigramSet, classes_of
from logloop_query.logs.segments.variables import decode_variables

FEW_LOGS = 2_000
"""A segment with fewer logs is searched as fast as its filter is read."""
QUIET = timedelta(minutes=2)
"""An hour is over when it ended this long ago."""
_BLOCK_BYTES = 3 * 2**15


@dataclass(frozen=True, slots=True)
class SegmentFilter:
    """What the messages and attributes of a segment may contain, as bits. Bit 0 is the lowest bit of the first byte.

    `trigrams` has a bit for each trigram. `tokens` is a bloom filter, empty if the segment may contain every token.
    """

    trigrams: bytes
    tokens: bytes


def is_large(segment: Segment) -> bool:
    """Return whether a segment has so many logs that compaction does not replace it."""
    return segment.count >= LASTING_LOGS


def needs_filter(segment: Segment, now: datetime) -> bool:
    """Return whether a segment gets a filter: it is large, or its hour is over and it has some logs."""
    ended = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=(segment.hour + 1) * HOUR_US)
    return is_large(segment) or (segment.count >= FEW_LOGS and ended + QUIET <= now)


def filter_of(segment: Segment, messages: Any | None = None) -> SegmentFilter:
    """Return the filter of a segment. `messages` saves decoding its messages."""
    columns = columns_of(segment)
    cut = columns.messages
    if cut is not None:
        # What the filter tells apart lies within a log type or a value.
        texts = [cut.log_types, cut.values]
    else:
        texts = [columns.column("message") if messages is None else messages]
    return filter_of_texts(texts, columns.column("attributes"), _of_messages(segment))


def _of_messages(segment: Segment) -> Flags | None:
    """Return the trigrams of all messages if they are known: those of variables, and those of constant text."""
    if not segment.variables:
        return None
    patterns = read_batch(segment.patterns).column(0)
    variables = decode_variables(segment.variables, len(patterns))
    if variables is None:
        return None
    found = TrigramSet()
    for block in _blocks(patterns):
        found.add(block, classes_of(block))
    in_variables = np.unpackbits(np.frombuffer(variables.trigrams, np.uint8), bitorder="little")
    return found.flags | in_variables.astype(np.bool_)


def filter_of_texts(messages: Sequence[Any], attributes: Any, of_messages: Flags | None = None) -> SegmentFilter:
    """Return the filter of the texts of messages and of attributes.

    They are utf8 arrays, plain or as a dictionary, and may have nulls. `of_messages` are the trigrams of the messages
    if they are known.
    """
    trigrams, hashes = TrigramSet(of_messages), []
    # Logs of one source often have the same attributes.
    for texts in (*messages, pc.unique(_words(attributes))):
        is_known = of_messages is not None and any(texts is known for known in messages)
        for block in _blocks(_words(texts)):
            classes = classes_of(block)
            trigrams.add(block, None if is_known else classes)
            hashes.append(hashes_in(block, classes))
    return SegmentFilter(_packed(trigrams.flags), b"" if trigrams.is_full else _packed(bloom_filter(hashes)))


def _words(texts: Any) -> Any:
    return texts.dictionary if isinstance(texts, pa.DictionaryArray) else texts


def _packed(bits: Flags) -> bytes:
    return np.packbits(bits, bitorder="little").tobytes()


def _blocks(texts: Any) -> Iterator[bytes]:
    """Yield the texts of a utf8 array in blocks of some 100 KB, with a line break before and after each text."""
    rows = max(1, len(texts) * _BLOCK_BYTES // max(1, texts.nbytes))
    for start in range(0, len(texts), rows):
        joined = pc.binary_join_element_wise(texts.slice(start, rows), "", "\n").drop_null()
        if len(joined):
            _, offsets, data = joined.buffers()
            ends = memoryview(offsets).cast("i")
            yield b"\n" + memoryview(data)[ends[joined.offset] : ends[joined.offset + len(joined)]]
