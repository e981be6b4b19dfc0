"""Runs the command as `python -m logloop.cli`."""

from logloop.cli import main

main()
