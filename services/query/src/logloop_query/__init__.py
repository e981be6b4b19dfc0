"""Stores log batches as segments and answers searches; the API of record."""
