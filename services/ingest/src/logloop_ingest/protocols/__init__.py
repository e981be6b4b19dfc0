"""Intake protocols of other log platforms, a file for each: from a request to entries, and the answer."""
