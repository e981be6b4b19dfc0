"""Reads structured lines: JSON and logfmt. Fields without a meaning of their own become attributes."""
