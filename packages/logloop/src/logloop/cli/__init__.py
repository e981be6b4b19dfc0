"""The `logloop` command; must not import anything slow before a command needs it."""

from __future__ import annotations


def main() -> None:
    """Run the command line; ends the process with one of `logloop.cli.exit_codes`."""
    from logloop.cli.app import run

    run()
