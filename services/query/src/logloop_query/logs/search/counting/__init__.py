"""Counts the logs that a filter selects: from summaries, from what is remembered, and from rows."""
