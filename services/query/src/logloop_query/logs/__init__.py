"""Storing, searching, following, exporting and editing logs."""
