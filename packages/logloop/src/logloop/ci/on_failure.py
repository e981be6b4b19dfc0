"""Starts a pipeline when code raises: a decorator and a context manager, for blocking and async code."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar, cast

from logloop.api.client import Client
from logloop.ci.failure_report import report

P = ParamSpec("P")
R = TypeVar("R")


class on_failure:  # noqa: N801 - used as a decorator and a context manager, which are written in lower case
    """Start a pipeline when the wrapped code raises an exception.

        @on_failure("checkout/diagnose")
        def pay(): ...

        async with on_failure("checkout/diagnose"): ...

    The exception and the latest log lines (of `LoggingHandler` or `RecentRecords`) fill in those fields of the
    pipeline's template that have a source, under the names of a log's values; `values` sets fields by name. At most
    one dispatch starts per `cooldown` seconds, over all processes. The exception always passes on, after `timeout`
    seconds at the latest; a problem is printed, never raised. Ctrl-C and cancellation do not count.
    """

    def __init__(
        self,
        pipeline: str,
        *,
        values: Mapping[str, Any] | None = None,
        cooldown: float = 900.0,
        timeout: float = 2.0,
        exceptions: type[Exception] | tuple[type[Exception], ...] = Exception,
        client: Client | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._exceptions = exceptions
        self._timeout = timeout
        self._report = functools.partial(
            report, pipeline, values=values or {}, cooldown=cooldown, timeout=timeout, client=client
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, self._exceptions) and (thread := self._report(error)) is not None:
            thread.join(self._timeout)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, self._exceptions) and (thread := self._report(error)) is not None:
            await asyncio.to_thread(thread.join, self._timeout)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Return the function with this around each call. Raises TypeError for an async generator."""
        if inspect.isasyncgenfunction(function):
            raise TypeError("on_failure cannot wrap an async generator; use `async with on_failure(…)` inside it")
        wrapper: Callable[..., Any]
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def wrapper(*args: P.args, **kwargs: P.kwargs) -> Any:
                async with self:
                    return await function(*args, **kwargs)

        elif inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def wrapper(*args: P.args, **kwargs: P.kwargs) -> Any:
                with self:
                    return (yield from function(*args, **kwargs))

        else:

            @functools.wraps(function)
            def wrapper(*args: P.args, **kwargs: P.kwargs) -> Any:
                with self:
                    return function(*args, **kwargs)

        return cast("Callable[P, R]", wrapper)
