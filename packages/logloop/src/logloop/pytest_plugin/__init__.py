"""The pytest plugin: declares its options and, when enabled, starts reporting the run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from logloop.pytest_plugin.logged_lines import LoggedLines


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("logloop", "send test outcomes and logs to Logloop")
    group.addoption(
        "--logloop", action="store_true", help="send test outcomes and logs (also enabled by LOGLOOP_PYTEST=1)"
    )
    group.addoption("--logloop-service", metavar="ID", help="service id (default: LOGLOOP_SERVICE, else tests)")
    group.addoption("--logloop-project", metavar="ID", help="project id (default: LOGLOOP_PROJECT)")
    group.addoption("--logloop-run-id", metavar="ID", help="id of this run (default: LOGLOOP_RUN_ID, else random)")
    group.addoption("--logloop-environment", metavar="NAME", help="where it runs (default: LOGLOOP_ENVIRONMENT)")
    group.addoption("--logloop-shard", metavar="NAME", help="part of the tests that it runs (default: LOGLOOP_SHARD)")


def is_enabled(config: pytest.Config) -> bool:
    """Return whether `--logloop` is given, or LOGLOOP_PYTEST=1 together with a URL and a key."""
    if config.getoption("--logloop"):
        return True
    environ = os.environ
    return environ.get("LOGLOOP_PYTEST") == "1" and bool(
        environ.get("LOGLOOP_URL") and environ.get("LOGLOOP_API_KEY")
    )


def pytest_configure(config: pytest.Config) -> None:
    """Start reporting when enabled."""
    if is_enabled(config):
        from logloop.pytest_plugin import run

        run.start(config)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests that check the logs of others after them."""
    from logloop.pytest_plugin.logged_lines import run_checks_last

    run_checks_last(items)


@pytest.fixture
def logs_of_test(request: pytest.FixtureRequest) -> Callable[[str], LoggedLines]:
    """Return what a test, given by its id, has logged in this run. Needs `--logloop` and a key that may read."""
    from logloop.pytest_plugin.logged_lines import reader

    return reader(request.config)
