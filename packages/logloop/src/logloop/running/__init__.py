"""Runs programs for the user and keeps what they print: what `logloop run` and `logloop test run` share."""
