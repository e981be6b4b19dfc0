"""Writes Python modules with a typed function for each pipeline."""
