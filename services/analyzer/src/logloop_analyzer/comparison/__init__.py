"""Compares a failed test with its last green runs: pure functions, no I/O and no model."""
