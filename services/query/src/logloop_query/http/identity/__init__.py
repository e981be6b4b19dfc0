"""Endpoints of sessions, users and API keys."""
