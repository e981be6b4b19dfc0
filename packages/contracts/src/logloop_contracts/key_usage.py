"""Where ingest counts what API keys send, and query reads it: one document per key and day of UTC."""

from datetime import UTC, datetime, timedelta

KEY_USAGE = "key_usage"
"""The MongoDB collection. Fields: `counted_as`, `day`, `entries`, `bytes`, `refused`, `expires_at`."""
USAGE_KEPT = timedelta(days=35)


def usage_day(at: datetime) -> str:
    """Return the day of a moment in UTC, such as 2026-11-27."""
    return at.astimezone(UTC).date().isoformat()


def usage_id(counted_as: str, day: str) -> str:
    """Return the id of the document that counts a key on a day."""
    return f"{counted_as}/{day}"
