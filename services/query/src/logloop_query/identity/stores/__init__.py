"""Collections of accounts, sessions and API keys."""
