"""Explains windows of logs with cited evidence."""
