"""Reads the results of tests from files of other test runners, and makes log entries of them."""
