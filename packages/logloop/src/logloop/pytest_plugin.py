"""Sends test outcomes and captured logs to Logloop; must never change or fail the user's test run."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the switch; without it (or LOGLOOP_PYTEST=1) the plugin does nothing."""
    parser.getgroup("logloop").addoption(
        "--logloop", action="store_true", default=False, help="send results and logs"
    )
