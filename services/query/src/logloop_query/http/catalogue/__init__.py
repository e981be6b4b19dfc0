"""Endpoints of projects, services, tests and metrics."""
