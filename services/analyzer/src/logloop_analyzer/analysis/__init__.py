"""Turns a requested analysis into a report."""
