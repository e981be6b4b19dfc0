"""Looks at all texts of a utf8 array at once, through the buffer that holds them."""

import struct
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def joined(array: Any) -> Any:
    """Return the texts of a utf8 array as an array of one text, without copying; None when it has no data."""
    offsets, data = array.buffers()[1:3]
    if data is None:
        return None
    first, last = _ends(array, offsets)
    return pa.Array.from_buffers(pa.utf8(), 1, [None, pa.py_buffer(struct.pack("<ii", first, last)), data])


def content_of(array: Any) -> memoryview:
    """Return the bytes of all texts of a utf8 array, one text after the other, without copying them."""
    offsets, data = array.buffers()[1:3]
    if data is None:
        return memoryview(b"")
    first, last = _ends(array, offsets)
    return memoryview(data)[first:last]


def in_blocks(array: Any, rows: int) -> Any:
    """Return the texts of a utf8 array joined in blocks of `rows` texts, without copying them."""
    data = array.buffers()[2]
    if data is None:
        return pa.array([], pa.utf8())
    edges = offsets_of(array)
    chosen = np.append(edges[:-1:rows], edges[-1])
    return pa.Array.from_buffers(pa.utf8(), len(chosen) - 1, [None, pa.py_buffer(chosen), data])


def from_lengths(lengths: Any, content: Any) -> Any:
    """Return a utf8 array from the lengths of its texts, which may be null, and a buffer with one after the other."""
    known = pc.fill_null(lengths, 0) if lengths.null_count else lengths
    offsets = np.zeros(len(known) + 1, np.int32)
    np.cumsum(known.to_numpy(), dtype=np.int32, out=offsets[1:])
    valid = pc.is_valid(lengths).buffers()[1] if lengths.null_count else None
    return pa.Array.from_buffers(pa.utf8(), len(lengths), [valid, pa.py_buffer(offsets), content], lengths.null_count)


def offsets_of(array: Any) -> Any:
    """Return where the texts of a utf8 array begin in its buffer, and where the last one ends, as int32."""
    return np.frombuffer(array.buffers()[1], np.int32)[array.offset : array.offset + len(array) + 1]


def _ends(array: Any, offsets: Any) -> tuple[int, int]:
    first, last = (struct.unpack_from("<i", offsets, 4 * row)[0] for row in (array.offset, array.offset + len(array)))
    return first, last


def is_ascii(array: Any) -> bool:
    """Return whether all texts of a utf8 array are ASCII, at 0.1 ns a byte."""
    offsets, data = array.buffers()[1:3]
    if data is None:
        return True
    first, last = _ends(array, offsets)
    signed = pa.Array.from_buffers(pa.int8(), last - first, [None, data], offset=first)
    return bool((pc.min(signed).as_py() or 0) >= 0)
