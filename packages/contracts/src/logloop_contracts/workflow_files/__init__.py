"""Workflow files that state when Logloop starts them (extra `conditions`)."""
