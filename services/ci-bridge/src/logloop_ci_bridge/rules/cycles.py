"""Finds rules that start each other without end, before one of them is saved.

A rule starts a pipeline; its run, or the output of the run, may make another rule fire. A workflow may also start the
next workflow itself, and then the number of hops is lost.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from logloop_contracts.conditions.condition import BadCondition, Clause, context_of

from logloop_ci_bridge.dispatches.pipelines import Pipeline
from logloop_ci_bridge.rules.rule import Rule, RuleDraft
from logloop_ci_bridge.runs.batches import SOURCE

_OTHER_SOURCE = "logloop-other-source"


@dataclass(frozen=True)
class Surroundings:
    """What a project has besides its rules."""

    pipelines: Mapping[str, Pipeline] = field(default_factory=dict)
    started_by: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """For a pipeline, the pipelines that its workflow starts itself."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """Rules that start each other: the names from a rule back to itself."""

    names: tuple[str, ...]
    permitted: bool
    """A rule of it allows runs that it caused or reads output, so max_hops or the check of own runs ends it."""
    hops_are_lost: bool
    """A workflow on the way starts another one itself, so max_hops cannot end it."""


@dataclass(frozen=True, slots=True)
class _Visit:
    rule: RuleDraft
    names: tuple[str, ...]
    permitted: bool
    hops_are_lost: bool


def find_cycle(draft: RuleDraft, others: Sequence[Rule], around: Surroundings) -> Cycle | None:
    """Return a cycle that the rule would close, None when there is none. One that never ends comes first."""
    known = {**{rule.id: rule for rule in others}, "": draft}
    waiting = deque([_Visit(draft, (draft.name,), _permits(draft), hops_are_lost=False)])
    seen: set[tuple[str, bool, bool]] = set()
    found: list[Cycle] = []
    while waiting:
        visit = waiting.popleft()
        for rule_id, listener in known.items():
            for lost in _ways(visit.rule, listener, around):
                names, hops_are_lost = (*visit.names, listener.name), visit.hops_are_lost or lost
                permitted = visit.permitted or _permits(listener)
                if not rule_id:
                    found.append(Cycle(names, permitted, hops_are_lost))
                elif (rule_id, permitted, hops_are_lost) not in seen:
                    seen.add((rule_id, permitted, hops_are_lost))
                    waiting.append(_Visit(listener, names, permitted, hops_are_lost))
    return min(found, key=lambda cycle: (cycle.permitted and not cycle.hops_are_lost, len(cycle.names)), default=None)


def _permits(rule: RuleDraft) -> bool:
    """Return whether a cycle through a rule may exist. A rule on output cannot name pipelines, but skips its runs."""
    return rule.on == "logs" or (rule.allow_own_runs and rule.max_hops > 0)


def _ways(starter: RuleDraft, listener: RuleDraft, around: Surroundings) -> Iterator[bool]:
    """Yield, for each way in which a dispatch of `starter` may make `listener` fire, whether it loses the hops."""
    own = starter.action.pipeline_id
    if own is None:  # It starts no workflow.
        return
    # A rule fires on the run of hop n only when its max_hops is above n.
    hops = range(min(starter.max_hops + 1, listener.max_hops))
    if hops and _evaluates(listener, own, around.pipelines.get(own), hops):
        yield False
    for pipeline_id in around.started_by.get(own, ()):
        pipeline = around.pipelines.get(pipeline_id)
        # A run that no dispatch started is tracked only for pipelines that collect every run. Its hop is -1.
        if (
            pipeline is not None
            and pipeline.collect_logs == "all"
            and _evaluates(listener, pipeline_id, pipeline, (-1,))
        ):
            yield True


def _evaluates(listener: RuleDraft, pipeline_id: str, pipeline: Pipeline | None, hops: Sequence[int]) -> bool:
    """Return whether a rule may fire on a run of a pipeline, or on the output of one.

    A rule on logs counts only when it asks for the output of runs: any other rule never fires on its own runs.
    """
    if listener.on == "analysis":
        return False
    try:
        clauses = listener.compile().row_clauses
    except BadCondition:
        return False
    if listener.on == "run":
        if listener.filter.pipelines and pipeline_id not in listener.filter.pipelines:
            return False
        return any(_may_hold(clauses, _run_values(pipeline_id, pipeline, hop)) for hop in hops)
    values: dict[str, Any] = {"log.source": SOURCE}
    if pipeline is not None:
        if listener.filter.services and pipeline.service_id not in listener.filter.services:
            return False
        values |= {"log.service_id": pipeline.service_id, "log.project_id": pipeline.project_id}
    if listener.filter.sources:
        return SOURCE in listener.filter.sources and _may_hold(clauses, values)
    asks = not _may_hold(clauses, {"log.source": _OTHER_SOURCE})
    return asks and _may_hold(clauses, values)


def _run_values(pipeline_id: str, pipeline: Pipeline | None, hop: int) -> dict[str, Any]:
    values: dict[str, Any] = {"run.pipeline": pipeline_id, "run.hop": hop}
    if pipeline is not None:
        values["run.repository"] = pipeline.repository
        if pipeline.workflow is not None:
            values["run.workflow"] = pipeline.workflow
    return values


def _may_hold(clauses: Sequence[Clause], values: Mapping[str, Any]) -> bool:
    """Return whether no clause is false that reads only these values."""
    return all(
        clause.evaluate(context_of(clause.names, values)).holds
        for clause in clauses
        if clause.names and clause.names <= values.keys()
    )
