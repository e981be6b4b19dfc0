"""Access to the query service."""
