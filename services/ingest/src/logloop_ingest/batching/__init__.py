"""Batches checked entries and publishes them."""
