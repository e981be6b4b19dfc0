"""Runs of tests and the outcomes of their tests."""
