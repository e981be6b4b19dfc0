"""Routes of sessions, users and API keys."""
