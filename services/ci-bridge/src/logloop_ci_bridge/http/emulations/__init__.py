"""Routes of emulated runs."""
