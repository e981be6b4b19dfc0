"""Requests of rules other than dispatches: analyses, and changes of runs."""
