"""Sends the batches that a spool has left in a folder."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from logloop.api.client import Client
from logloop.running.spool import SUFFIX
from logloop.shipping.shipper import ShipCounts


def send_unsent(client: Client, folders: Iterable[Path]) -> ShipCounts:
    """Send the batches in folders, each with the key that is its name, and remove what the platform has confirmed.

    A batch whose confirmation was lost before is not stored twice. Raises a LogloopError when that fails; the rest
    stays. Returns the counts.
    """
    counts = ShipCounts()
    for folder in folders:
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            result = client.send_lines(path.read_bytes().splitlines(), idempotency_key=path.stem)
            counts.sent += result.accepted
            counts.refused += len(result.rejected)
            counts.errors += [entry.errors for entry in result.rejected[: 5 - len(counts.errors)]]
            path.unlink()
        with contextlib.suppress(OSError):
            folder.rmdir()
    return counts
