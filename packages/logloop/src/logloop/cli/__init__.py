"""The `logloop` command. Slow imports happen inside the commands that need them."""

from __future__ import annotations


def main() -> None:
    """Run the command and exit with one of `logloop.cli.exit_codes`."""
    from logloop.cli.app import run

    run()
