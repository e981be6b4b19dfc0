"""Starts pipelines by their names and returns handles of the runs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack, ExitStack
from typing import Any

from logloop.api.async_client import AsyncClient
from logloop.api.client import Client
from logloop.ci.async_run import AsyncRun
from logloop.ci.requests import Definition, dispatch_body, warn_if_outdated
from logloop.ci.run import Run


def dispatch(
    pipeline: str,
    values: Mapping[str, Any] | None = None,
    /,
    *,
    client: Client | None = None,
    template: str | None = None,
    idempotency_key: str | None = None,
    **more: Any,
) -> Run:
    """Start a pipeline and return its run.

    `pipeline` is `service/name`, a name or an id. Keyword arguments are the values of its template; those with the
    name of an option, such as `client`, go into `values`. `template` is the id of a template to use instead of the
    pipeline's own.
    A second call with the same `idempotency_key` starts nothing.
    """
    body = dispatch_body(pipeline, template, {**(values or {}), **more})
    with ExitStack() as stack:
        used = client if client is not None else stack.enter_context(Client())
        return Run(used.dispatch(idempotency_key=idempotency_key, **body), client)


async def dispatch_async(
    pipeline: str,
    values: Mapping[str, Any] | None = None,
    /,
    *,
    client: AsyncClient | None = None,
    template: str | None = None,
    idempotency_key: str | None = None,
    **more: Any,
) -> AsyncRun:
    """Start a pipeline and return its run. See `dispatch`."""
    body = dispatch_body(pipeline, template, {**(values or {}), **more})
    async with AsyncExitStack() as stack:
        used = client if client is not None else await stack.enter_async_context(AsyncClient())
        return AsyncRun(await used.dispatch(idempotency_key=idempotency_key, **body), client)


def get(dispatch_id: str, *, client: Client | None = None) -> Run:
    """Return the run of an earlier dispatch. Raises NotFound."""
    return Run({"id": dispatch_id, "state": "pending"}, client).refresh()


async def get_async(dispatch_id: str, *, client: AsyncClient | None = None) -> AsyncRun:
    """Return the run of an earlier dispatch. Raises NotFound."""
    return await AsyncRun({"id": dispatch_id, "state": "pending"}, client).refresh()


def start(definition: Definition, values: Mapping[str, Any], client: Client | None = None) -> Run:
    """Start a pipeline for generated code."""
    run = dispatch(definition.reference, values, client=client)
    warn_if_outdated(definition, run._state.dispatch)  # noqa: SLF001 - the same package
    return run


async def start_async(
    definition: Definition, values: Mapping[str, Any], client: AsyncClient | None = None
) -> AsyncRun:
    """Start a pipeline for generated code."""
    run = await dispatch_async(definition.reference, values, client=client)
    warn_if_outdated(definition, run._state.dispatch)  # noqa: SLF001 - the same package
    return run
