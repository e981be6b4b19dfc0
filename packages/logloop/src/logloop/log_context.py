"""Attributes for all logs of a block of code or a function: `logloop.context`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")
_NOTHING: Mapping[str, Any] = {}
_current: ContextVar[Mapping[str, Any]] = ContextVar("logloop_context", default=_NOTHING)


def current_context() -> Mapping[str, Any]:
    """Return the attributes that apply to a log of the calling code; the innermost block wins."""
    return _current.get()


class context:  # noqa: N801 - used as a decorator and a context manager, which are written in lower case
    """Add attributes to the logs of a block of code, or of each call of a function.

        with logloop.context(order_id=17, customer="acme"):
            log.info("paid")

        @logloop.context(job="nightly")
        async def run(): ...

    They apply to `LoggingHandler`, structlog and loguru, in all that the block calls, across await and in tasks that
    it starts. `test_id`, `func_id`, `service_id` and `source` become the fields of these names. What a log states
    itself wins. A new thread starts without them: pass `contextvars.copy_context().run` to it; `asyncio.to_thread`
    does that by itself.
    """

    def __init__(self, **attributes: Any) -> None:
        self._attributes = attributes
        self._tokens: ContextVar[tuple[Token[Mapping[str, Any]], ...]] = ContextVar("logloop_tokens", default=())

    def __enter__(self) -> Self:
        token = _current.set({**_current.get(), **self._attributes})
        self._tokens.set((*self._tokens.get(), token))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        *outer, token = self._tokens.get()
        self._tokens.set(tuple(outer))
        _current.reset(token)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Return the function with the attributes in each call. Raises TypeError for a generator."""
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                "context cannot wrap a generator, whose caller would get the attributes as well; "
                "use `with context(…)` inside it, between two yields"
            )
        wrapper: Callable[..., Any]
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def wrapper(*args: P.args, **kwargs: P.kwargs) -> Any:
                with self:
                    return await function(*args, **kwargs)

        else:

            @functools.wraps(function)
            def wrapper(*args: P.args, **kwargs: P.kwargs) -> Any:
                with self:
                    return function(*args, **kwargs)

        return cast("Callable[P, R]", wrapper)
