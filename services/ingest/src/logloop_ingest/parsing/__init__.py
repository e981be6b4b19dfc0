"""Parses request bodies into log entries."""
