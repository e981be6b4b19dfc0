"""Chains as they are shown: made of dispatches that caused each other, with their runs."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from logloop_contracts.log_batch import parse_log_id
from pydantic import BaseModel, Field

from logloop_ci_bridge.dispatches.outbox import Dispatch
from logloop_ci_bridge.rules.rule import Gate
from logloop_ci_bridge.runs.run import Run

CauseKind = Literal["log", "analysis", "run", "request"]
StepKind = Literal["cause", "rule", "dispatch", "run", "output"]
StepState = Literal["done", "failed", "active", "none"]
ChainState = Literal["active", "succeeded", "failed", "recorded"]
_RUN_ATTEMPT = re.compile(r"(\d+)\.\d+")
_FAILED = frozenset({"failure", "timed_out", "startup_failure"})


class Cause(BaseModel):
    """What caused a dispatch: a log, an analysis or a run that a rule fired on, or a request."""

    kind: CauseKind
    id: str | None = Field(None, description="Log, analysis or run id; null for a request.")
    by: str | None = Field(None, description="Who requested it.")
    log: dict[str, Any] | None = Field(None, description="The log, unless it is gone; only when one chain is read.")


class ChainStep(BaseModel):
    """A step of a chain, in short."""

    kind: StepKind
    state: StepState
    text: str = Field(description="What it is, in a few words.", examples=["acme/shop diagnose #41"])
    id: str | None = Field(None, description="Id of the log, analysis, rule, dispatch or run.")
    at: datetime | None = None
    hop: int = Field(0, description="Number of dispatches before it in the chain.")


class ChainSummary(BaseModel):
    """A chain with the state of each step."""

    id: str = Field(description="Id of its first dispatch.")
    project_id: str
    state: ChainState = Field(
        description="`active` until every run has completed. `failed`: a dispatch or run failed. `recorded`: nothing "
        "was sent, as in a dry run or without GitHub credentials."
    )
    rule_id: str | None = Field(description="The first rule; null when the chain began with a request.")
    rule_name: str | None
    cause: Cause
    started_at: datetime
    last_at: datetime = Field(description="Time of the latest step so far.")
    dispatches: int
    steps: list[ChainStep]


class BlockedRule(BaseModel):
    """A rule that matched what a run caused, and that a gate kept from firing."""

    rule_id: str
    rule_name: str | None = Field(description="Null when the rule was deleted.")
    at: datetime
    gate: Gate | None
    subject_id: str | None = Field(description="Log or run id.")


class RunOutput(BaseModel):
    """The output of a run, stored as logs."""

    count: int = Field(description="Number of lines.")
    first: list[dict[str, Any]] = Field(description="The first lines as stored logs.")
    detail: str | None = Field(None, description="Why lines are missing.")


class ChainLink(BaseModel):
    """One round of a chain: what caused a dispatch, the dispatch, its run, and the output of the run."""

    parent_id: str | None = Field(description="The dispatch whose run caused this one; null for the first.")
    cause: Cause
    dispatch: Dispatch = Field(description="With `reason`: what the rule saw, and its gates.")
    run: Run | None = Field(description="Null until GitHub starts it.")
    output: RunOutput | None
    blocked: list[BlockedRule] = Field(description="Rules that did not continue the chain, as far as recent.")


class Chain(ChainSummary):
    """A chain with everything that is stored about it."""

    links: list[ChainLink] = Field(description="In the order of their dispatches; a run may cause several.")


def cause_of(dispatch: Dispatch) -> Cause:
    """Return what caused a dispatch."""
    if not dispatch.cause:
        return Cause(kind="request", by=dispatch.created_by)
    first = dispatch.cause[0]
    run = _RUN_ATTEMPT.fullmatch(first)
    if run is not None:
        return Cause(kind="run", id=run[1])
    return Cause(kind="log" if _is_log_id(first) else "analysis", id=first)


def _is_log_id(text: str) -> bool:
    try:
        parse_log_id(text)
    except ValueError:
        return False
    return True


def summary_of(dispatches: Sequence[Dispatch], runs: dict[str, Run]) -> ChainSummary:
    """Return a chain in short. `dispatches` are those of the chain, oldest first; `runs` by dispatch."""
    first = dispatches[0]
    steps = [step for dispatch in dispatches for step in _steps(dispatch, runs.get(dispatch.id))]
    return ChainSummary(
        id=first.chain_id,
        project_id=first.project_id,
        state=_state(dispatches, runs),
        rule_id=first.rule_id,
        rule_name=first.rule_name,
        cause=cause_of(first),
        started_at=first.created_at,
        last_at=max((step.at for step in steps if step.at is not None), default=first.created_at),
        dispatches=len(dispatches),
        steps=steps,
    )


def _state(dispatches: Sequence[Dispatch], runs: dict[str, Run]) -> ChainState:
    pairs = [(dispatch, runs.get(dispatch.id)) for dispatch in dispatches]
    if any(_is_active(dispatch, run) for dispatch, run in pairs):
        return "active"
    if any(_has_failed(dispatch) or (run is not None and run.conclusion in _FAILED) for dispatch, run in pairs):
        return "failed"
    return "recorded" if all(dispatch.state == "recorded" for dispatch in dispatches) else "succeeded"


def _is_active(dispatch: Dispatch, run: Run | None) -> bool:
    if run is not None:
        return run.status != "completed" or run.logs in {"none", "waiting"}
    return dispatch.state in {"pending", "sending"} or (dispatch.state == "sent" and not dispatch.lost)


def _has_failed(dispatch: Dispatch) -> bool:
    return dispatch.state == "failed" or dispatch.lost


def _steps(dispatch: Dispatch, run: Run | None) -> list[ChainStep]:
    cause = cause_of(dispatch)
    steps = []
    if cause.kind != "request":
        reason = dispatch.reason
        steps += [
            ChainStep(kind="cause", state="done", text=cause.kind, id=cause.id),
            ChainStep(
                kind="rule",
                state="done",
                text=dispatch.rule_name or "rule",
                id=dispatch.rule_id,
                at=reason.at if reason else dispatch.created_at,
            ),
        ]
    steps += [_dispatch_step(dispatch), _run_step(dispatch, run), _output_step(run)]
    return [step.model_copy(update={"hop": dispatch.hop}) for step in steps]


def _dispatch_step(dispatch: Dispatch) -> ChainStep:
    state: StepState = "done"
    if _has_failed(dispatch):
        state = "failed"
    elif dispatch.state in {"pending", "sending"}:
        state = "active"
    elif dispatch.state == "recorded":
        state = "none"
    text = f"{dispatch.event_type} to {dispatch.repository}"
    return ChainStep(
        kind="dispatch", state=state, text=text, id=dispatch.id, at=dispatch.finished_at or dispatch.created_at
    )


def _run_step(dispatch: Dispatch, run: Run | None) -> ChainStep:
    if run is None:
        if dispatch.state == "sent" and not dispatch.lost:
            return ChainStep(kind="run", state="active", text="no run yet")
        return ChainStep(kind="run", state="none", text="no run")
    done: StepState = "failed" if run.conclusion in _FAILED else "done"
    text = f"{run.name or run.workflow or 'run'}: {run.conclusion or run.status}"
    at = run.updated_at if run.status == "completed" else run.started_at
    state = done if run.status == "completed" else "active"
    return ChainStep(kind="run", state=state, text=text, id=run.run_id, at=at)


def _output_step(run: Run | None) -> ChainStep:
    if run is None or run.logs == "none":
        return ChainStep(kind="output", state="none", text="no output yet")
    states: dict[str, StepState] = {"waiting": "active", "collected": "done", "unavailable": "failed"}
    return ChainStep(kind="output", state=states[run.logs], text=f"{run.log_count} lines", id=run.run_id)
