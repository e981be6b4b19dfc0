"""Batches the checked entries of many requests and publishes them with confirms."""
