"""Dispatches: pipelines, templates, the outbox and the dispatcher."""
