"""Accounts, sessions, API keys and the first start."""
