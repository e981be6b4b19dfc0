"""Reads lines from files and streams."""

from __future__ import annotations

import gzip
import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

SILENCE_SECONDS = 0.5
_MAX_WAITING_LINES = 10_000


def file_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a file, decompressed when its name ends in .gz; invalid UTF-8 becomes U+FFFD."""
    opener: Callable[..., IO[bytes]] = gzip.open if path.suffix == ".gz" else open  # type: ignore[assignment]  # both read bytes
    with opener(path, "rb") as file:
        for raw in file:
            yield decode(raw)


def decode(raw: bytes) -> str:
    """Return a line as text without its line ending."""
    return raw.rstrip(b"\r\n").decode("utf-8", "replace")


def stream_lines(stream: IO[bytes], stopping: threading.Event | None = None) -> Iterator[str | None]:
    """Yield the lines of a stream as they arrive, and None after each half second of silence. Closes the stream.

    Once `stopping` is set, the iterator ends at the next silence. Pass a duplicate of stdin, not sys.stdin: a thread
    that still reads sys.stdin at exit crashes the interpreter.
    """
    waiting: queue.Queue[bytes] = queue.Queue(_MAX_WAITING_LINES)

    def read() -> None:
        with stream:
            for raw in stream:
                waiting.put(raw)
        waiting.put(b"")

    threading.Thread(target=read, name="logloop-stdin", daemon=True).start()
    while True:
        try:
            raw = waiting.get(timeout=SILENCE_SECONDS)
        except queue.Empty:
            if stopping is not None and stopping.is_set():
                return
            yield None
            continue
        if not raw:
            return
        yield decode(raw)
