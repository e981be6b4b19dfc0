"""Runs: tracking, webhooks, and their output as logs."""
