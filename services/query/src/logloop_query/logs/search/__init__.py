"""Searches log segments: text to filter, filter to plan, plan to rows."""
