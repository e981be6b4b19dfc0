"""Chains: a log, the rule that it fired, the workflow, its output, and what that caused."""
