"""How much a benchmark sends and reads."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """How much is sent. Requests have 1,000 logs unless stated otherwise."""

    rounds: int = 3
    bulk_requests: int = 1500
    document_requests: int = 150
    long_requests: int = 200
    long_document_requests: int = 60
    single_requests: int = 30_000
    freshness_markers: int = 300
    all_requests: int = 10_000
    protocol_requests: int = 300
    compaction_s: float = 60.0
    lines_read: int = 20_000
    incidents: int = 66
    mixed_s: float = 20.0

    @classmethod
    def quick(cls) -> "Sizes":
        """Return about one hundredth; measurements over time still last some seconds."""
        return cls(2, 20, 5, 5, 5, 500, 30, 500, 10, 15.0, 1_000, 6, 4.0)
