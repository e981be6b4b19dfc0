"""Limits the time and cost of searches: admission, turns at threads, deadlines and costly patterns."""
