"""States of an analysis, and kinds of its events."""

PROGRESS, COMPLETED, FAILED, CANCELLED = "progress", "completed", "failed", "cancelled"
UNFINISHED = ("queued", "running")
