"""Endpoints of logs."""
