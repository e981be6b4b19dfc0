"""Turns one pytest run into log entries: what each test did, and what was logged meanwhile.

It must not touch the network in the test process (tests mock sockets, HTTP clients and clocks): a child process
sends. It must not raise into the run either.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import re
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from logloop.connection import Connection, resolve
from logloop.errors import LogloopError
from logloop.handler import entry_of, fit
from logloop.sending.batch_sender import Entry
from logloop.sending.sender_process import END

SEVERITIES = {"failed": "error", "error": "error", "xpassed": "warn"}
MAX_WAITING = 50_000
EXIT_SECONDS = 40.0
"""How long the child may take to send the rest; it gives up by itself, after 5 s when the platform is away."""


def start(config: pytest.Config) -> None:
    """Begin to report this run, or say why not."""
    try:
        connection = resolve(
            project=config.getoption("--logloop-project"), service=config.getoption("--logloop-service")
        )
        connection.require_project()
        plugin: object = TestRun(config, connection, Pipe(connection))
    except (LogloopError, OSError) as error:
        plugin = NotStarted(str(error))
    config.pluginmanager.register(plugin, "logloop-run")


class NotStarted:
    """Says at the end of the run why nothing was sent."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.write_line(f"logloop: nothing was sent. {self._reason}")


_RUN_SEVERITIES = {0: "info", 1: "warn", 5: "warn"}
_MEANING = {2: ", interrupted", 3: ", internal error", 4: ", wrong usage", 5: ", no tests found"}


def run_id_of(config: pytest.Config) -> str:
    """The id all entries of a run share, also those of its xdist workers."""
    given = getattr(config, "workerinput", {}).get("logloop_run_id")
    given = given or config.getoption("--logloop-run-id") or os.environ.get("LOGLOOP_RUN_ID")
    return str(given or uuid.uuid4().hex[:12])


def function_of(nodeid: str) -> str:
    """`module:function` of a test: `tests/test_pay.py::TestCard::ok[visa]` is `tests.test_pay:TestCard.ok`."""
    path, _, rest = nodeid.partition("::")
    module = re.sub(r"\.py$", "", path).replace("/", ".")
    return f"{module}:{rest.partition('[')[0].replace('::', '.')}"[:512]


class Pipe:
    """Hands entries to the sending child. Never blocks: when the child is slow or gone, entries are counted."""

    def __init__(self, connection: Connection) -> None:
        self._owner = os.getpid()
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.dropped = 0
        environ = {**os.environ, "LOGLOOP_URL": connection.url, "LOGLOOP_PROJECT": connection.project or ""}
        if connection.api_key:
            environ["LOGLOOP_API_KEY"] = connection.api_key
        self._child = subprocess.Popen(
            [sys.executable, "-m", "logloop.sending.sender_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environ,
        )
        self._thread = threading.Thread(target=self._write, name="logloop-pipe", daemon=True)
        self._thread.start()

    def put(self, entry: Entry) -> None:
        """Queue an entry; a child that the tests forked has no part in it."""
        from logloop.api.endpoints import json_line

        if os.getpid() != self._owner:
            return
        if self._queue.qsize() >= MAX_WAITING:
            self.dropped += 1
            return
        self._queue.put(json_line(entry) + b"\n")

    def finish(self) -> dict[str, Any]:
        """Let the child send the rest and return its counts, with how many entries never reached it."""
        self._queue.put(None)
        self._thread.join(EXIT_SECONDS)
        try:
            output = self._child.communicate(timeout=EXIT_SECONDS)[0]
            counts: dict[str, Any] = json.loads(output)
        except (subprocess.TimeoutExpired, ValueError, OSError):
            self._child.kill()
            self._child.communicate()
            counts = {"sent": 0, "dropped": 0, "refused": 0, "problem": "the sending process did not answer"}
        counts["dropped"] += self.dropped
        return counts

    def _write(self) -> None:
        assert self._child.stdin
        try:
            while line := self._queue.get():
                self._child.stdin.write(line)
                if self._queue.empty():
                    self._child.stdin.flush()
            self._child.stdin.write(END)
            self._child.stdin.flush()
        except (OSError, ValueError):
            while self._queue.get():
                self.dropped += 1


class RecordHandler(logging.Handler):
    """Passes log records of the running test on, with its id."""

    def __init__(self, run: TestRun) -> None:
        super().__init__()
        self._run = run

    def emit(self, record: logging.LogRecord) -> None:
        """Queue one record."""
        try:
            self._run.pipe.put(entry_of(record, self._run.fields(self._run.nodeid)))
        except Exception:  # noqa: BLE001 - the contract of logging.Handler.emit
            self.handleError(record)


class TestRun:
    """Plugin object of one process: the run itself, or an xdist worker (which sends logs, not outcomes)."""

    __test__ = False

    def __init__(self, config: pytest.Config, connection: Connection, pipe: Pipe) -> None:
        self.pipe = pipe
        self.nodeid: str | None = None
        self.phase: str | None = None
        self._connection = connection
        self._run_id = run_id_of(config)
        worker = getattr(config, "workerinput", None)
        self._worker_id: str | None = worker["workerid"] if worker else None
        self._reports: dict[str, list[pytest.TestReport]] = {}
        self._outcomes: Counter[str] = Counter()
        self._counts: Counter[str] = Counter()
        self._problem: str | None = None
        self._handler = RecordHandler(self)
        self._started = time.monotonic()

    def fields(self, nodeid: str | None) -> Entry:
        """Fields of every entry."""
        attributes: dict[str, Any] = {"test.run_id": self._run_id}
        if self._worker_id:
            attributes["test.worker_id"] = self._worker_id
        if nodeid and self.phase:
            attributes["test.phase"] = self.phase
        entry: Entry = {
            "project_id": self._connection.project,
            "service_id": self._connection.service or "tests",
            "source": "pytest",
            "attributes": attributes,
        }
        if nodeid:
            entry["test_id"] = nodeid[:512]
        return entry

    def say(self, message: str, severity: str, nodeid: str | None = None, **attributes: Any) -> None:
        """Queue an entry of the run's own."""
        entry = self.fields(nodeid)
        entry["attributes"].pop("test.phase", None)  # when it is told, not when it happened
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
    def pytest_runtest_setup(self) -> Iterator[None]:
        return (yield from self._in_phase("setup"))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self) -> Iterator[None]:
        return (yield from self._in_phase("call"))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Iterator[None]:
        return (yield from self._in_phase("teardown"))

    def _in_phase(self, phase: str) -> Iterator[None]:
        # Attached anew for each phase: tests that configure logging remove every handler of the root logger.
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
            self.say(f"test started: {nodeid}", "debug", nodeid, test__event="started")

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
            self.say(message, "error", test__event="collection", test__outcome="error")

    def _report_outcome(self, nodeid: str, reports: list[pytest.TestReport]) -> None:
        outcome, decisive = outcome_of(reports)
        self._outcomes[outcome] += 1
        duration = sum(report.duration for report in reports)
        attributes: dict[str, Any] = {
            "test__event": "finished",
            "test__outcome": outcome,
            "test__duration_s": round(duration, 6),
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
        self.say(message, SEVERITIES.get(outcome, "info"), nodeid, **attributes)
        if outcome in {"failed", "error"}:
            self._report_output(nodeid, decisive)

    def _report_output(self, nodeid: str, report: pytest.TestReport) -> None:
        for stream, text in (("stdout", report.capstdout), ("stderr", report.capstderr)):
            if text.strip():
                message = f"captured {stream}:\n{text[-50_000:]}"
                self.say(message, "info", nodeid, test__event=stream, test__phase=report.when)

    # -- the run

    def pytest_sessionstart(self) -> None:
        if self._worker_id is None:
            self.say(
                "test run started", "info", test__event="run-started", test__command=" ".join(sys.argv[:20])[:500]
            )

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        for nodeid, reports in self._reports.items():  # a worker crashed, or the run was interrupted
            self._report_outcome(nodeid, reports)
        if self._worker_id is None:
            self._say_finished(int(exitstatus))
        counts = self.pipe.finish()
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output["logloop"] = counts
        self._add(counts)

    def _say_finished(self, exitstatus: int) -> None:
        found = ", ".join(f"{number} {outcome}" for outcome, number in sorted(self._outcomes.items())) or "no tests"
        seconds = time.monotonic() - self._started
        self.say(
            f"test run finished: {found} in {seconds:.1f} s (exit status {exitstatus}{_MEANING.get(exitstatus, '')})",
            _RUN_SEVERITIES.get(exitstatus, "error"),
            test__event="run-finished",
            test__duration_s=round(seconds, 3),
            test__counts=dict(self._outcomes),
        )

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """xdist: a worker joins the run."""
        node.workerinput["logloop_run_id"] = self._run_id

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """xdist: a worker ended; one that crashed left no counts."""
        self._add(getattr(node, "workeroutput", {}).get("logloop", {}))

    def _add(self, counts: dict[str, Any]) -> None:
        for name in ("sent", "dropped", "refused"):
            self._counts[name] += counts.get(name, 0)
        self._problem = self._problem or counts.get("problem")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        sent, dropped = self._counts["sent"], self._counts["dropped"] + self._counts["refused"]
        line = f"logloop: {sent} logs sent, {dropped} dropped, {self._connection.url} (run {self._run_id})"
        terminalreporter.write_line(line)
        if self._problem:
            terminalreporter.write_line(f"logloop: {self._problem}")


def outcome_of(reports: list[pytest.TestReport]) -> tuple[str, pytest.TestReport]:
    """passed, failed, error, skipped, xfailed or xpassed, and the report that decided it."""
    for report in reports:
        if report.failed:
            return ("failed" if report.when not in {"setup", "teardown"} else "error"), report
    for report in reports:
        if hasattr(report, "wasxfail"):
            return ("xfailed" if report.skipped else "xpassed"), report
        if report.skipped:
            return "skipped", report
    call = next((report for report in reports if report.when == "call"), reports[-1])
    return "passed", call


def exception_of(report: pytest.TestReport) -> dict[str, str]:
    """Type and message of what a test raised, from the line pytest makes of it; a worker sends no more than that."""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = str(crash.message)[:4_000] if crash is not None else reason_of(report)
    if text.startswith("assert "):  # pytest leaves the name out
        return {"exception__type": "AssertionError", "exception__message": text}
    named = re.match(r"([A-Za-z_][\w.]*)(?:: |$)", text)
    if crash is None or named is None:
        return {"exception__message": text}
    return {"exception__type": named.group(1), "exception__message": text[named.end() :]}


def reason_of(report: pytest.TestReport) -> str:
    """Why a test failed or was skipped, in a line or two; empty when it passed."""
    if xfail := getattr(report, "wasxfail", None):
        return str(xfail)
    longrepr: Any = report.longrepr
    if isinstance(longrepr, tuple) and len(longrepr) == 3:
        return str(longrepr[2])
    crash = getattr(longrepr, "reprcrash", None)
    if crash is not None:
        return str(crash.message)[:4_000]
    return text_of(report)[-4_000:]


def text_of(report: pytest.TestReport) -> str:
    """What pytest shows of a failure, without the line about its worker that xdist puts before it."""
    return re.sub(r"\A\[gw\d+\] [^\n]*\n?", "", report.longreprtext) if report.longrepr else ""
