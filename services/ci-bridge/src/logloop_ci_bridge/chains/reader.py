"""Reads chains: their dispatches and runs, and from query the logs at both ends."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from logloop_chassis.http.problems import Problem

from logloop_ci_bridge.chains.chain import (
    BlockedRule,
    Cause,
    Chain,
    ChainLink,
    ChainSummary,
    RunOutput,
    cause_of,
    summary_of,
)
from logloop_ci_bridge.dispatches.outbox import Dispatch
from logloop_ci_bridge.dispatches.store import DispatchStore
from logloop_ci_bridge.record_store import RecordStore
from logloop_ci_bridge.rules.evaluation.state_store import RuleStateStore
from logloop_ci_bridge.rules.rule import Rule
from logloop_ci_bridge.runs.batches import output_search
from logloop_ci_bridge.runs.run import Run
from logloop_ci_bridge.runs.store import RunStore

MAX_DISPATCHES = 200
"""Dispatches of one chain that are shown."""
_DISPATCHES_A_CHAIN = 50
_SEARCHES_AT_ONCE = 4
FIRST_LINES = 5


class LogSource(Protocol):
    """Stored logs."""

    async def search(self, project_id: str, params: Mapping[str, str]) -> dict[str, Any]:
        """Return a page of stored logs. Raises Problem."""


class ChainReader:
    """Reads the chains of projects."""

    def __init__(
        self,
        dispatches: DispatchStore,
        runs: RunStore,
        states: RuleStateStore,
        rules: RecordStore[Rule],
        logs: LogSource,
    ) -> None:
        self._dispatches = dispatches
        self._runs = runs
        self._states = states
        self._rules = rules
        self._logs = logs

    async def page(
        self, project_id: str, *, limit: int, before: str | None, rule_id: str | None
    ) -> Sequence[ChainSummary]:
        """Return chains of a project, newest first. `rule_id`: only those that this rule began."""
        where = {} if rule_id is None else {"rule_id": rule_id}
        ids = await self._dispatches.chain_starts(project_id, limit=limit, before=before, where=where)
        members: dict[str, list[Dispatch]] = {chain_id: [] for chain_id in ids}
        for dispatch in await self._dispatches.of_chains(project_id, ids, limit * _DISPATCHES_A_CHAIN):
            members[dispatch.chain_id].append(dispatch)
        runs = await self._runs_of(project_id, [item for chain in members.values() for item in chain])
        return [summary_of(chain, runs) for chain in members.values() if chain]

    async def read(self, start: Dispatch) -> Chain:
        """Return the whole chain of a dispatch, whichever of its dispatches it is."""
        project_id = start.project_id
        dispatches = await self._dispatches.of_chains(project_id, [start.chain_id], MAX_DISPATCHES)
        runs = await self._runs_of(project_id, dispatches)
        blocked = await self._blocked(project_id, dispatches)
        slots = asyncio.Semaphore(_SEARCHES_AT_ONCE)

        async def link(dispatch: Dispatch) -> ChainLink:
            async with slots:
                return await self._link(dispatch, runs.get(dispatch.id), blocked.get(dispatch.correlation_id, []))

        links = await asyncio.gather(*map(link, dispatches))
        summary = summary_of(dispatches, runs)
        return Chain(**{**dict(summary), "cause": links[0].cause}, links=links)

    async def _runs_of(self, project_id: str, dispatches: Sequence[Dispatch]) -> dict[str, Run]:
        runs = await self._runs.of_dispatches(project_id, [item.id for item in dispatches])
        return {run.dispatch_id: run for run in runs if run.dispatch_id}

    async def _blocked(self, project_id: str, dispatches: Sequence[Dispatch]) -> dict[str, list[BlockedRule]]:
        """Return the rules that were kept from firing, by the correlation id of the dispatch that caused it."""
        found = await self._states.blocked_by_origin(project_id, [item.correlation_id for item in dispatches])
        ids = sorted({rule_id for rule_id, _ in found})
        rules = await self._rules.all({"project_id": project_id, "_id": {"$in": ids}}) if ids else []
        names = {rule.id: rule.name for rule in rules}
        blocked: dict[str, list[BlockedRule]] = {}
        for rule_id, evaluation in sorted(found, key=lambda pair: pair[1].at):
            blocked.setdefault(evaluation.correlation_id or "", []).append(
                BlockedRule(
                    rule_id=rule_id,
                    rule_name=names.get(rule_id),
                    at=evaluation.at,
                    gate=evaluation.gate,
                    subject_id=evaluation.subject_id,
                )
            )
        return blocked

    async def _link(self, dispatch: Dispatch, run: Run | None, blocked: list[BlockedRule]) -> ChainLink:
        return ChainLink(
            parent_id=dispatch.parent_id,
            cause=await self._cause(dispatch),
            dispatch=dispatch,
            run=run,
            output=await self._output(run),
            blocked=blocked,
        )

    async def _cause(self, dispatch: Dispatch) -> Cause:
        cause = cause_of(dispatch)
        if cause.kind != "log":
            return cause
        try:
            found = await self._logs.search(dispatch.project_id, {"q": f'id:"{cause.id}"', "limit": "1"})
        except Problem:
            return cause
        return cause.model_copy(update={"log": next(iter(found["items"]), None)})

    async def _output(self, run: Run | None) -> RunOutput | None:
        if run is None or run.logs == "none":
            return None
        detail = run.logs_detail
        items: list[dict[str, Any]] = []
        if run.log_count:
            try:
                params = {**output_search(run), "limit": str(FIRST_LINES)}
                items = (await self._logs.search(run.project_id, params))["items"]
            except Problem as problem:
                detail = problem.detail
        return RunOutput(count=run.log_count, first=items, detail=detail)
