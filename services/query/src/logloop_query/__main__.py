"""Runs the query service: `python -m logloop_query`."""

import contextlib
import ctypes

import pyarrow as pa
from logloop_chassis.app import run

from logloop_query.app import create_app
from logloop_query.settings import QuerySettings

_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1
"""The parameters M_MMAP_THRESHOLD and M_TRIM_THRESHOLD of mallopt."""
_LARGEST_BLOCK = 32 * 2**20


def _keep_freed_memory() -> None:
    """Let malloc reuse freed blocks of megabytes instead of returning their pages to the system.

    glibc does so by itself once a block of 32 MB has been freed. Until then, storing 1,000 logs causes 32 page faults
    instead of 8 to 14. Peak memory is the same.
    """
    with contextlib.suppress(AttributeError, OSError):  # another C library than glibc
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_MMAP_THRESHOLD, _LARGEST_BLOCK)
        mallopt(_TRIM_THRESHOLD, 2 * _LARGEST_BLOCK)


def main() -> None:
    """Serve until a signal arrives."""
    # Arrow's own pool does not release memory: at full load 415 MB and 1.09 µs per log, with malloc 309 MB and 0.99.
    pa.set_memory_pool(pa.system_memory_pool())
    _keep_freed_memory()
    settings = QuerySettings()
    run(create_app(settings), settings, service="query", websockets=True)


if __name__ == "__main__":
    main()
