"""Turns conditions on logs into GitHub workflow runs and their output into logs."""
