"""Analyses: requests, progress and reports."""
