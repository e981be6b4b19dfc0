"""How large a request, an entry and its parts may be, and how far its clock may be off.

It must not measure anything; decoders and checks compare with these numbers.
"""

from dataclasses import dataclass

from logloop_contracts.log_entry import (
    MAX_ATTRIBUTE_DEPTH,
    MAX_ATTRIBUTE_KEYS,
    MAX_ENTRY_BYTES,
    MAX_MESSAGE_BYTES,
    MAX_REFERENCE_LENGTH,
)

MAX_KEY_LENGTH = 255
"""Characters of an Idempotency-Key, as many as an AMQP message id can have."""

MAX_PROJECTS = 100
"""Projects that one request may name."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one deployment. Bytes are of UTF-8 and after decompression."""

    request_bytes: int = 32 * 2**20
    entries: int = 10_000
    entry_bytes: int = MAX_ENTRY_BYTES
    message_bytes: int = MAX_MESSAGE_BYTES
    reference_length: int = MAX_REFERENCE_LENGTH
    attribute_keys: int = MAX_ATTRIBUTE_KEYS
    attribute_depth: int = MAX_ATTRIBUTE_DEPTH
    future_s: int = 24 * 3600
    ratio: int = 200
    """How many times larger than its compressed form a body may be, once it is over `ratio_free_bytes`."""
    ratio_free_bytes: int = 4 * 2**20
