"""MongoDB collections of users, sessions and API keys."""
