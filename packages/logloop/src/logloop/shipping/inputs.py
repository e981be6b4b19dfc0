"""Reads lines from files and streams."""

from __future__ import annotations

import gzip
import queue
import threading
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO

from logloop.lines.text import decode, decode_lines, detect, split_lines

SILENCE_SECONDS = 0.5
SAMPLE_LINES = 200
SAMPLE_CHARS = 1_000_000
CHUNK_BYTES = 1024 * 1024
LONGEST_LINE = 4 * 1024 * 1024
_MAX_WAITING_CHUNKS = 8


def file_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a file, decompressed when its name ends in .gz, in the encoding that its start shows."""
    opener: Callable[..., IO[bytes]] = gzip.open if path.suffix == ".gz" else open  # type: ignore[assignment]  # both read bytes
    with opener(path, "rb") as file:
        for lines in _read_lines(lambda: file.read(CHUNK_BYTES)):
            yield from lines


def first_lines(lines: Iterator[str]) -> list[str]:
    """Take the first lines from an iterator: at most 200, and not many more than a million characters."""
    taken: list[str] = []
    size = 0
    for line in islice(lines, SAMPLE_LINES):
        taken.append(line)
        size += len(line)
        if size > SAMPLE_CHARS:
            break
    return taken


def _read_lines(read: Callable[[], bytes]) -> Iterator[list[str]]:
    """Yield the lines of each chunk, split where they exceed 4 MiB."""
    rest = read()
    while 0 < len(rest) < 4 and (chunk := read()):
        rest += chunk
    encoding = detect(rest)
    while True:
        complete, rest = split_lines(rest, encoding)
        if complete:
            yield decode_lines(complete, encoding)
        if len(rest) > LONGEST_LINE:
            yield [decode(rest[:LONGEST_LINE], encoding)]
            rest = rest[LONGEST_LINE:]
        chunk = read()
        if not chunk:
            break
        rest += chunk
    if rest:
        yield [decode(rest, encoding)]


def stream_lines(stream: IO[bytes], stopping: threading.Event | None = None) -> Iterator[str | None]:
    """Yield the lines of a stream as they arrive, and None after each half second of silence. Closes the stream.

    Once `stopping` is set, the iterator ends at the next silence. Pass a duplicate of stdin, not sys.stdin: a thread
    that still reads sys.stdin at exit crashes the interpreter.
    """
    waiting: queue.Queue[list[str] | None] = queue.Queue(_MAX_WAITING_CHUNKS)

    def read() -> None:
        with stream:
            available = getattr(stream, "read1", stream.read)
            for lines in _read_lines(lambda: available(CHUNK_BYTES)):
                waiting.put(lines)
        waiting.put(None)

    threading.Thread(target=read, name="logloop-stdin", daemon=True).start()
    while True:
        try:
            lines = waiting.get(timeout=SILENCE_SECONDS)
        except queue.Empty:
            if stopping is not None and stopping.is_set():
                return
            yield None
            continue
        if lines is None:
            return
        yield from lines
