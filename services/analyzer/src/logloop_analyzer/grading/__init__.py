"""Grades the analyzer on generated incidents: `python -m logloop_analyzer.grading`, or `logloop analyze grade`."""
