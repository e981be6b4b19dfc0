"""Routes of runs and their output."""
