"""The `logloop` command; must not import anything slow before a command needs it."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    raise SystemExit("logloop: the command line is being built")
