"""Starts workflows from code: `dispatch`, handles of runs, and `on_failure`."""

from logloop.ci.async_run import AsyncRun
from logloop.ci.dispatching import dispatch, dispatch_async, get, get_async, start, start_async
from logloop.ci.on_failure import on_failure
from logloop.ci.requests import Definition, OutdatedDefinitions
from logloop.ci.run import Run
from logloop.ci.state import RunNotStarted, TestResult
from logloop.recent_records import RecentRecords

__all__ = [
    "AsyncRun",
    "Definition",
    "OutdatedDefinitions",
    "RecentRecords",
    "Run",
    "RunNotStarted",
    "TestResult",
    "dispatch",
    "dispatch_async",
    "get",
    "get_async",
    "on_failure",
    "start",
    "start_async",
]
