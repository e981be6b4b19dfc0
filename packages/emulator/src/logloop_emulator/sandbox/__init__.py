"""Runs a program in namespaces of its own, with limits, and leaves nothing behind."""
