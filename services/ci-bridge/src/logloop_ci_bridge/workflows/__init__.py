"""Workflow files that state their own conditions: read, turned into rules, and kept in step."""
