"""Intake protocols of other log platforms, a file or folder for each: from a request to entries, and the answer."""
