"""What ingest alone reads from the environment (prefix LOGLOOP_).

It must not hold what other services need too.
"""

from typing import Literal

from logloop_chassis.settings import ServiceSettings
from logloop_contracts.log_entry import MAX_ENTRY_BYTES, MAX_MESSAGE_BYTES
from pydantic import Field

from logloop_ingest.limits import Limits

_MIB = 2**20


class IngestSettings(ServiceSettings):
    """Settings of ingest, such as LOGLOOP_INGEST_MAX_ENTRIES."""

    port: int = Field(8101, ge=0, le=65535)
    ingest_max_request_bytes: int = Field(32 * _MIB, ge=1024, description="A request after decompression.")
    ingest_max_entries: int = Field(10_000, ge=1, description="Entries of one request.")
    ingest_max_entry_bytes: int = Field(MAX_ENTRY_BYTES, ge=1024, le=4 * _MIB)
    ingest_max_message_bytes: int = Field(MAX_MESSAGE_BYTES, ge=1, le=4 * _MIB)
    ingest_max_future_s: int = Field(24 * 3600, ge=0, description="How far ahead of our clock a timestamp may be.")
    ingest_max_in_flight_bytes: int = Field(
        64 * _MIB, ge=1024, description="Bodies being taken in at once; over it callers get 429."
    )
    ingest_body_timeout_s: float = Field(30.0, gt=0, description="Time for a client to send its whole body.")
    ingest_linger_ms: float = Field(5.0, ge=0, description="How long a small batch waits for company.")
    ingest_prefetch: int = Field(50, ge=1, le=2000, description="Intake messages handled at once.")
    redact: Literal["off", "standard"] = Field(
        "off", description="standard: credentials in messages and attributes are replaced before anything leaves."
    )

    def limits(self) -> Limits:
        """The limits of this deployment."""
        return Limits(
            request_bytes=self.ingest_max_request_bytes,
            entries=self.ingest_max_entries,
            entry_bytes=self.ingest_max_entry_bytes,
            message_bytes=self.ingest_max_message_bytes,
            future_s=self.ingest_max_future_s,
        )
