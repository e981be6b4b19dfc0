"""Emulates GitHub workflows: checks them, runs them with act in a sandbox, and reads the output."""
