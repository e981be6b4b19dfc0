"""The limits of requests and entries: sizes, counts, and how far ahead a sender's clock may be."""

from dataclasses import dataclass

from logloop_contracts.log_entry import (
    MAX_ATTRIBUTE_DEPTH,
    MAX_ATTRIBUTE_KEYS,
    MAX_ENTRY_BYTES,
    MAX_MESSAGE_BYTES,
    MAX_REFERENCE_LENGTH,
)

MAX_KEY_LENGTH = 255
"""Characters of an Idempotency-Key; an AMQP message id has the same limit."""

MAX_PROJECTS = 100
"""Distinct projects in one request."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one deployment. Sizes are bytes of UTF-8 after decompression."""

    request_bytes: int = 32 * 2**20
    entries: int = 10_000
    entry_bytes: int = MAX_ENTRY_BYTES
    message_bytes: int = MAX_MESSAGE_BYTES
    reference_length: int = MAX_REFERENCE_LENGTH
    attribute_keys: int = MAX_ATTRIBUTE_KEYS
    attribute_depth: int = MAX_ATTRIBUTE_DEPTH
    future_s: int = 24 * 3600
    shared_bytes: int = 64 * 2**20
    """What resources, scopes and labels may take once they are written into each of their entries."""
    ratio: int = 200
    """Times a body may be larger than its compressed form, if it has more than `ratio_free_bytes`."""
    ratio_free_bytes: int = 4 * 2**20
