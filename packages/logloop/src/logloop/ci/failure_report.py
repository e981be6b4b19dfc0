"""Describes an exception for a dispatch, and sends it from a thread of its own."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Any

from logloop.api.client import Client
from logloop.api.encoding import text_of
from logloop.handler import default_service
from logloop.recent_records import recent_lines
from logloop.sending.background_sender import print_problem
from logloop.sending.repair import service_id_of

MAX_TEXT = 8_000
RETRY_AFTER_S = 30.0
"""How long a pipeline stays quiet after a report failed: code that fails in a loop is not delayed each time."""


class _Quiet:
    """The pipelines that start nothing for now: a report is on its way, or their cooldown runs."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}
        self._lock = threading.Lock()

    def enter(self, pipeline: str, timeout: float) -> bool:
        """Return whether a report may be sent now, and keep others from being sent meanwhile."""
        now = time.monotonic()
        with self._lock:
            if self._until.get(pipeline, 0.0) > now:
                return False
            self._until[pipeline] = now + max(timeout, RETRY_AFTER_S)
            return True

    def until(self, pipeline: str, seconds: float) -> None:
        """Send nothing for this pipeline within the next seconds."""
        with self._lock:
            self._until[pipeline] = time.monotonic() + seconds


_quiet = _Quiet()


def describe(error: BaseException, service: str | None) -> dict[str, Any]:
    """Return the failure for the API: the entry that a log of the exception would be, and the latest lines."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    text = text_of(error)
    stack = "".join(traceback.format_exception(kind, error, error.__traceback__, limit=-20))
    failure: dict[str, Any] = {
        "message": _cut(f"{kind.__name__}: {text}" if text else kind.__name__),
        "attributes": {
            "exception.type": name[:500],
            "exception.message": _cut(text),
            "exception.stacktrace": _cut(stack, last=True),
        },
        "recent": recent_lines(),
    }
    failure |= {"func_id": place[:512]} if (place := _place(error.__traceback__)) else {}
    service_id = service_id_of(service) if service else None
    return failure | ({"service_id": service_id} if service_id else {})


def _place(trace: TracebackType | None) -> str | None:
    """Return `module:function` of the code that raised."""
    if trace is None:
        return None
    while trace.tb_next is not None:
        trace = trace.tb_next
    frame = trace.tb_frame
    return f"{frame.f_globals.get('__name__', '?')}:{frame.f_code.co_qualname}"


def _cut(text: str, *, last: bool = False) -> str:
    text = text.encode("utf-8", "replace").decode()  # a lone surrogate is not valid JSON
    return text[-MAX_TEXT:] if last else text[:MAX_TEXT]


def report(
    pipeline: str,
    error: BaseException,
    *,
    values: Mapping[str, Any],
    cooldown: float,
    timeout: float,
    client: Client | None,
) -> threading.Thread | None:
    """Start a thread that sends a failure, unless the pipeline is quiet. Never raises."""
    try:
        if not _quiet.enter(pipeline, timeout):
            return None
        options = {"cooldown": f"{max(1, min(99_999, round(cooldown)))}s", "values": dict(values)}
        arguments = (pipeline, error, options, cooldown, timeout, client)
        thread = threading.Thread(target=_send, args=arguments, name="logloop-on-failure", daemon=True)
        thread.start()
    except Exception as problem:  # noqa: BLE001 - the caller's own exception is what counts
        print_problem(f"{pipeline} was not started after a failure. {text_of(problem)}")
        return None
    return thread


def _send(
    pipeline: str,
    error: BaseException,
    options: dict[str, Any],
    cooldown: float,
    timeout: float,
    client: Client | None,
) -> None:
    try:
        if client is not None:
            found = _dispatched(client, pipeline, error, options)
        else:
            with Client(timeout=timeout, retry_for=timeout) as own:
                found = _dispatched(own, pipeline, error, options)
        passed = time.time() - datetime.fromisoformat(found["created_at"]).timestamp()
        _quiet.until(pipeline, min(cooldown, max(1.0, cooldown - passed)))
    except Exception as problem:  # noqa: BLE001 - a thread of its own; nobody else would report it
        print_problem(f"{pipeline} was not started after a failure. {text_of(problem)}")


def _dispatched(client: Client, pipeline: str, error: BaseException, options: dict[str, Any]) -> dict[str, Any]:
    failure = describe(error, client.connection.service or default_service())
    return client.dispatch(pipeline=pipeline, failure=failure, **options)
