"""Asks a language model about measured evidence and checks its answer."""
