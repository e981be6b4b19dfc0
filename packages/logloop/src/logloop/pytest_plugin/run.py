"""Reports one pytest run as log entries: test outcomes, log records and captured output. Never fails the run."""

from __future__ import annotations

import logging
import os
import re
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from logloop.connection import Connection, resolve
from logloop.errors import LogloopError
from logloop.handler import entry_of
from logloop.pytest_plugin.outcomes import attempt_of, exception_of, is_retried, outcome_of, reason_of, text_of
from logloop.pytest_plugin.pipe import SenderPipe
from logloop.run_facts import run_attributes
from logloop.sending.batch_sender import Entry
from logloop.sending.repair import fit, service_id_of

DEFAULT_SERVICE = "tests"
_OUTCOME_SEVERITIES = {"failed": "error", "error": "error", "xpassed": "warn"}
_EXIT_SEVERITIES = {0: "info", 1: "warn", 5: "warn"}
_EXIT_MEANINGS = {2: ", interrupted", 3: ", internal error", 4: ", usage error", 5: ", no tests collected"}


def start(config: pytest.Config) -> None:
    """Start reporting this run, or report at its end why nothing was sent."""
    try:
        connection = resolve(
            project=config.getoption("--logloop-project"), service=config.getoption("--logloop-service")
        )
        connection.require_project()
        given = connection.service or DEFAULT_SERVICE
        connection = replace(connection, service=service_id_of(given) or DEFAULT_SERVICE)
        run = RunReporter(config, connection, SenderPipe(connection))
        if connection.service != given:
            run.report_problem(f"{given!r} is not a valid service id; the entries are sent as {connection.service!r}")
        plugin: object = run
    except (LogloopError, OSError) as error:
        plugin = NotStarted(str(error))
    config.pluginmanager.register(plugin, "logloop-run")


class NotStarted:
    """Reports at the end of the run why nothing was sent."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.write_line(f"logloop: nothing was sent. {self._reason}")


def run_id_of(config: pytest.Config) -> str:
    """Return the id that all entries of a run share, including those of xdist workers."""
    given = getattr(config, "workerinput", {}).get("logloop_run_id")
    given = given or config.getoption("--logloop-run-id") or os.environ.get("LOGLOOP_RUN_ID")
    return str(given or uuid.uuid4().hex[:12])


def function_of(nodeid: str) -> str:
    """Return `module:function` of a test: `tests/test_pay.py::TestCard::ok[visa]` is `tests.test_pay:TestCard.ok`."""
    path, _, rest = nodeid.partition("::")
    module = re.sub(r"\.py$", "", path).replace("/", ".")
    return f"{module}:{rest.partition('[')[0].replace('::', '.')}"[:512]


class TestLogHandler(logging.Handler):
    """Queues the log records of the running test, with its id."""

    def __init__(self, run: RunReporter) -> None:
        super().__init__()
        self._run = run

    def emit(self, record: logging.LogRecord) -> None:
        """Queue one record."""
        try:
            self._run.pipe.put(entry_of(record, self._run.fields(self._run.nodeid)))
        except Exception:  # noqa: BLE001 - the contract of logging.Handler.emit
            self.handleError(record)


class RunReporter:
    """The plugin of one process: the main process reports outcomes and logs, an xdist worker only logs."""

    def __init__(self, config: pytest.Config, connection: Connection, pipe: SenderPipe) -> None:
        self.pipe = pipe
        self.nodeid: str | None = None
        self.phase: str | None = None
        self.connection = connection
        self.run_id = run_id_of(config)
        self.finished: set[str] = set()
        """Tests whose outcome this process has reported."""
        self._config = config
        self._attempt = 1
        worker = getattr(config, "workerinput", None)
        self._worker_id: str | None = worker["workerid"] if worker else None
        self._reports: dict[str, list[pytest.TestReport]] = {}
        self._outcomes: Counter[str] = Counter()
        self._counts: Counter[str] = Counter()
        self._problem: str | None = None
        self._handler = TestLogHandler(self)
        self._started = time.monotonic()

    @property
    def is_main(self) -> bool:
        """Whether this process reports outcomes; a worker of xdist does not."""
        return self._worker_id is None

    def report_problem(self, text: str) -> None:
        """Show a problem at the end of the run; the first one is shown."""
        self._problem = self._problem or text

    def fields(self, nodeid: str | None) -> Entry:
        """Return the fields that every entry has; `nodeid` is the test it belongs to."""
        attributes: dict[str, Any] = {"test.run_id": self.run_id}
        if self._worker_id:
            attributes["test.worker_id"] = self._worker_id
        if nodeid and self.phase:
            attributes["test.phase"] = self.phase
            if self._attempt > 1:
                attributes["test.attempt"] = self._attempt
        entry: Entry = {
            "project_id": self.connection.project,
            "service_id": self.connection.service or DEFAULT_SERVICE,
            "source": "pytest",
            "attributes": attributes,
        }
        if nodeid:
            entry["test_id"] = nodeid
        return entry

    def _report(self, message: str, severity: str, nodeid: str | None = None, **attributes: Any) -> None:
        """Queue an event of the run. `a__b` in a keyword becomes the attribute `a.b`."""
        entry = self.fields(nodeid)
        for name in ("test.phase", "test.attempt"):  # those of this report, not of the event
            entry["attributes"].pop(name, None)
        if nodeid:
            entry["func_id"] = function_of(nodeid)
        entry["attributes"].update({name.replace("__", "."): value for name, value in attributes.items()})
        entry["message"] = fit(message, entry["attributes"])
        self.pipe.put({**entry, "severity": severity, "timestamp": time.time()})

    # -- logs of the running test

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.nodeid = item.nodeid
        try:
            return (yield)
        finally:
            self.nodeid = self.phase = None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Iterator[None]:
        self._attempt = getattr(item, "execution_count", 1)  # set by pytest-rerunfailures
        return (yield from self._in_phase("setup"))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self) -> Iterator[None]:
        return (yield from self._in_phase("call"))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Iterator[None]:
        return (yield from self._in_phase("teardown"))

    def _in_phase(self, phase: str) -> Iterator[None]:
        # Attached for each phase: a test that configures logging removes all handlers of the root logger.
        self.phase = phase
        root = logging.getLogger()
        root.addHandler(self._handler)
        try:
            return (yield)
        finally:
            root.removeHandler(self._handler)

    # -- outcomes

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        if self._worker_id is None:
            self._report(f"test started: {nodeid}", "debug", nodeid, test__event="started")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if self._worker_id is None:
            self._reports.setdefault(report.nodeid, []).append(report)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        if reports := self._reports.pop(nodeid, None):
            self._report_outcome(nodeid, reports)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and self._worker_id is None:
            self._outcomes["error"] += 1
            message = f"collection failed: {report.nodeid}\n{report.longreprtext}"
            self._report(message, "error", test__event="collection", test__outcome="error")

    def _report_outcome(self, nodeid: str, reports: list[pytest.TestReport]) -> None:
        self.finished.add(nodeid)
        outcome, decisive = outcome_of(reports)
        self._outcomes["rerun" if is_retried(reports) else outcome] += 1
        duration = sum(report.duration for report in reports)
        attributes: dict[str, Any] = {
            "test__event": "finished",
            "test__outcome": outcome,
            "test__duration_s": round(duration, 6),
            **attempt_of(reports),
        }
        if worker := getattr(decisive, "worker_id", None):
            attributes["test__worker_id"] = worker
        reason = reason_of(decisive)
        if outcome != "passed":
            attributes["test__phase"] = decisive.when
        if decisive.longrepr and outcome in {"failed", "error", "xfailed"}:
            attributes["exception__stacktrace"] = text_of(decisive)[-100_000:]
            attributes |= exception_of(decisive)
        message = f"test {outcome}: {nodeid} ({duration:.3f} s)" + (f"\n{reason}" if reason else "")
        self._report(message, _OUTCOME_SEVERITIES.get(outcome, "info"), nodeid, **attributes)
        if outcome in {"failed", "error"}:
            self._report_output(nodeid, decisive)

    def _report_output(self, nodeid: str, report: pytest.TestReport) -> None:
        for stream, text in (("stdout", report.capstdout), ("stderr", report.capstderr)):
            if text.strip():
                message = f"captured {stream}:\n{text[-50_000:]}"
                self._report(message, "info", nodeid, test__event=stream, test__phase=report.when)

    # -- the run

    def pytest_sessionstart(self) -> None:
        if self._worker_id is None:
            command = " ".join(sys.argv[:20])[:500]
            given = {name: self._config.getoption(f"--logloop-{name}") for name in ("environment", "shard")}
            where = run_attributes(self._config.rootpath, given)
            self._report("test run started", "info", test__event="run-started", test__command=command, **where)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        for nodeid, reports in self._reports.items():  # a worker crashed or the run was interrupted
            self._report_outcome(nodeid, reports)
        if self._worker_id is None:
            self._report_finished(int(exitstatus))
        counts = self.pipe.finish()
        if self._worker_id is None and (mark := os.environ.get("LOGLOOP_REPORTED_FILE")):
            with suppress(OSError):
                Path(mark).touch()  # tells `logloop test run` that somebody has reported
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output["logloop"] = counts
        self._add(counts)

    def _report_finished(self, exitstatus: int) -> None:
        found = ", ".join(f"{number} {outcome}" for outcome, number in sorted(self._outcomes.items())) or "no tests"
        seconds = time.monotonic() - self._started
        meaning = _EXIT_MEANINGS.get(exitstatus, "")
        self._report(
            f"test run finished: {found} in {seconds:.1f} s (exit status {exitstatus}{meaning})",
            _EXIT_SEVERITIES.get(exitstatus, "error"),
            test__event="run-finished",
            test__duration_s=round(seconds, 3),
            test__counts=dict(self._outcomes),
        )

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Pass the run id to an xdist worker."""
        node.workerinput["logloop_run_id"] = self.run_id

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add the counts of an xdist worker that has ended; a crashed worker leaves none."""
        self._add(getattr(node, "workeroutput", {}).get("logloop", {}))

    def _add(self, counts: dict[str, Any]) -> None:
        for name in ("sent", "dropped", "refused"):
            self._counts[name] += counts.get(name, 0)
        if problem := counts.get("problem"):
            self.report_problem(problem)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        sent, dropped = self._counts["sent"], self._counts["dropped"] + self._counts["refused"]
        line = f"logloop: {sent} logs sent, {dropped} dropped, {self.connection.url} (run {self.run_id})"
        terminalreporter.write_line(line)
        if self._problem:
            terminalreporter.write_line(f"logloop: {self._problem}")
