"""Runs of workflows by the emulator, in place of GitHub."""
