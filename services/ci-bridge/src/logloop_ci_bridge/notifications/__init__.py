"""Notifications of rules: receivers, grouping, quiet hours, and delivery by webhook or e-mail."""
