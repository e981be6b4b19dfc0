"""Patterns of messages: `masking` gives each message its pattern, `merging` unites patterns that differ in values."""

VARIABLE = "<*>"
"""Stands in a pattern for what varies."""
