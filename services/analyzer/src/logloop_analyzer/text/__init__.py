"""Recognises what in a text could be run."""
