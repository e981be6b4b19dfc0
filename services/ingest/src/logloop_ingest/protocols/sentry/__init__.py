"""Sentry's envelopes and their items."""
