"""Sends log entries from a background thread or a child process."""
