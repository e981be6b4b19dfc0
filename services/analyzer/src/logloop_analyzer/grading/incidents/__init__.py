"""Generates logs of systems with known faults. It imports nothing of the analyzer, which it serves to grade."""
