"""The pytest plugin: declares its options and, when enabled, starts reporting the run (`logloop.pytest_plugin.run`)."""

from __future__ import annotations

import os

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("logloop", "send test outcomes and logs to Logloop")
    group.addoption("--logloop", action="store_true", help="send outcomes and logs (or LOGLOOP_PYTEST=1)")
    group.addoption("--logloop-service", metavar="ID", help="service id (default: LOGLOOP_SERVICE or tests)")
    group.addoption("--logloop-project", metavar="ID", help="project id (default: LOGLOOP_PROJECT)")
    group.addoption("--logloop-run-id", metavar="ID", help="id of this run (default: LOGLOOP_RUN_ID, else made up)")


def is_enabled(config: pytest.Config) -> bool:
    """Asked for on the command line, or by LOGLOOP_PYTEST=1 together with a URL and a key."""
    if config.getoption("--logloop"):
        return True
    environ = os.environ
    return environ.get("LOGLOOP_PYTEST") == "1" and bool(
        environ.get("LOGLOOP_URL") and environ.get("LOGLOOP_API_KEY")
    )


def pytest_configure(config: pytest.Config) -> None:
    """Start reporting when it is asked for."""
    if is_enabled(config):
        from logloop.pytest_plugin import run

        run.start(config)
