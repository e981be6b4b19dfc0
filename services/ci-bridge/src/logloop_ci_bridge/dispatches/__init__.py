"""Dispatches: what to send, the outbox and the dispatcher."""
