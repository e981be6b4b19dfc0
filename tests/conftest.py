"""Provides the infrastructure fixtures to all tests and blocks network access in unit tests."""

import gc
import os
import signal
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import pytest_socket
import structlog

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.containers import Unavailable
from tests.infra import (
    amqp_url,
    become_owner,
    emptied_amqp_url,
    empty_databases,
    fresh_amqp_url,
    infra,
    mongo_url,
    prepare_shared,
    source_of_shared,
    stop_shared,
)

__all__ = ["amqp_url", "emptied_amqp_url", "empty_databases", "fresh_amqp_url", "infra", "mongo_url"]

_TESTS = Path(__file__).parent
_UNIT = _TESTS / "unit"
_RINGS = (
    *("browser", "system/faults", "system", "fundamentals", "real", "contracts"),
    *("unit/query", "unit/analyzer", "unit"),
)
"""In the order in which their files start: the longest first, so that the workers end at about the same time."""

# The duration of an example depends on the machine, not on the code. Each run tries the same examples, so that a
# failure belongs to a change; `--hypothesis-profile=explore` tries others.
hypothesis.settings.register_profile(
    "logloop",
    max_examples=50,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    print_blob=True,
)
hypothesis.settings.register_profile("explore", hypothesis.settings.get_profile("logloop"), derandomize=False)
hypothesis.settings.load_profile("logloop")


def _is_controller(config: pytest.Config) -> bool:
    return not hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    """Make the controlling process the owner of the nodes; xdist workers inherit its process id."""
    # What is imported stays. Looking through it for garbage takes 40 % of the CPU time of a collection of the tests.
    gc.disable()
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        # A background run ignores Ctrl-C, and the programs under test would inherit that.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if _is_controller(config):
        become_owner()
    # By default structlog renders the variables of each traceback, which takes seconds for a deep stack.
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])
    # Requests to loopback must bypass a proxy.
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost,::1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the rings with the longest files first. The order within a file stays."""

    def ring(item: pytest.Item) -> int:
        path = item.path.relative_to(_TESTS).as_posix()
        return next((rank for rank, name in enumerate(_RINGS) if path.startswith(f"{name}/")), len(_RINGS))

    items.sort(key=ring)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """Collect garbage again, but only what the tests leave."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Keep the tests of some folders together, not only those of a file."""
    from tests.scheduling import FolderScheduling

    return FolderScheduling(config, log) if config.option.dist == "loadfile" else None


def _print_line(config: pytest.Config, text: str) -> None:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter:
        reporter.write_line(text)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Pull images before xdist starts workers, so that no test waits and an error is reported once."""
    if not _is_controller(session.config) or session.config.option.collectonly:
        return
    try:
        prepare_shared(lambda text: _print_line(session.config, text))
    except Unavailable as error:
        raise pytest.UsageError(str(error)) from error


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Report which RabbitMQ and MongoDB the tests used."""
    source = source_of_shared()
    if source:
        terminalreporter.write_line(f"RabbitMQ and MongoDB: {source}")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the nodes."""
    if _is_controller(config):
        stop_shared()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Escape invalid UTF-8 in captured output, which a worker could not send to the controlling process."""
    report = yield
    report.sections = [(name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections]
    return report


@pytest.fixture(autouse=True)
def _no_network_in_unit_tests(request: pytest.FixtureRequest) -> Iterator[None]:
    if _UNIT not in request.path.parents:
        yield
        return
    pytest_socket.disable_socket(allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()
