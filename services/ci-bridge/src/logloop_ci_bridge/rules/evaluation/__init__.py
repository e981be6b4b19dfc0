"""Evaluates rules on logs and runs."""
