"""Workflow runs: state, tracking, and their output as logs."""
