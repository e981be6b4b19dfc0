"""Routes of notifications and their receivers."""
