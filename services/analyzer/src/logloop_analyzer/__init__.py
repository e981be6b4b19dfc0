"""Explains a window of logs with cited evidence."""
