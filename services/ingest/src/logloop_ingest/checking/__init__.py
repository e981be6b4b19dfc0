"""Checks log entries against the rules of a request."""
