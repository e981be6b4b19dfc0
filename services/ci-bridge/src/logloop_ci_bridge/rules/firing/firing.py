"""Stores what a rule starts when it matches, unless a gate is closed, and keeps the outcome as an evaluation."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from logloop_chassis.ids import new_id, utc_now
from logloop_contracts.conditions.names import Subject
from logloop_contracts.durations import seconds

from logloop_ci_bridge.dispatches.outbox import Dispatch, new_dispatch, rule_key
from logloop_ci_bridge.dispatches.pause_store import PauseStore
from logloop_ci_bridge.dispatches.pipelines import Pipeline
from logloop_ci_bridge.dispatches.store import DispatchStore
from logloop_ci_bridge.dispatches.templates import BadPayload, Template, TemplateDraft
from logloop_ci_bridge.notifications.receivers import Receiver
from logloop_ci_bridge.record_store import RecordStore
from logloop_ci_bridge.rules.evaluation.evaluation_buffer import EvaluationBuffer
from logloop_ci_bridge.rules.evaluation.state_store import Firing, RuleStateStore
from logloop_ci_bridge.rules.firing.firing_reason import with_reason
from logloop_ci_bridge.rules.firing.other_actions import notified_match, requests_of
from logloop_ci_bridge.rules.firing.rule_match import RuleMatch
from logloop_ci_bridge.rules.rule import DAY, HOUR, Gate, Rule, RuleDraft, RuleState, closed_gate
from logloop_ci_bridge.telemetry import RULE_FIRINGS


@dataclass(frozen=True)
class _Attempt:
    """The gate that keeps a rule from firing, or the ids of what it started."""

    gate: Gate | None = None
    detail: str | None = None
    dispatch_id: str | None = None
    notifications: Sequence[str] = ()
    requests: Sequence[str] = ()


class RuleFirer:
    """Turns matches into dispatches, notifications and other requests."""

    def __init__(
        self,
        states: RuleStateStore,
        pauses: PauseStore,
        dispatches: DispatchStore,
        pipelines: RecordStore[Pipeline],
        templates: RecordStore[Template],
        receivers: RecordStore[Receiver],
        evaluations: EvaluationBuffer,
        wake: Callable[[], None],
    ) -> None:
        self._states = states
        self._pauses = pauses
        self._dispatches = dispatches
        self._pipelines = pipelines
        self._templates = templates
        self._receivers = receivers
        self._evaluations = evaluations
        self._wake = wake

    async def fire(self, match: RuleMatch) -> datetime | None:
        """Store what the rule starts unless a gate is closed.

        Returns when the rule may fire again, None when it may fire at once.
        """
        rule, now = match.rule, utc_now()
        attempt = await self._attempt(match, now)
        outcome = "blocked" if attempt.gate else "dry_run" if rule.dry_run else "fired"
        self._evaluations.add(
            rule.id,
            rule.project_id,
            match.evaluation.model_copy(
                update={
                    "outcome": outcome,
                    "gate": attempt.gate,
                    "detail": attempt.detail,
                    "dispatch_id": attempt.dispatch_id,
                    "notifications": list(attempt.notifications),
                    "requests": list(attempt.requests),
                }
            ),
        )
        RULE_FIRINGS.labels(rule.on, attempt.gate or outcome).inc()
        if attempt.gate is None:
            self._wake()
        return quiet_until(rule, await self._states.find(rule.id), now)

    async def _attempt(self, match: RuleMatch, now: datetime) -> _Attempt:
        rule = match.rule
        pause = await self._pauses.state(rule.project_id)
        if pause.paused:
            return _Attempt("paused", pause.sentence)
        parent = await self._parent(match)
        dispatch: Dispatch | None = None
        if rule.action.pipeline_id is not None:
            gate, detail, dispatch = await self._dispatch(match, rule.action.pipeline_id, parent, now)
            if gate is not None:
                return _Attempt(gate, detail)
        firing = Firing(
            rule,
            rule_key(rule.id, seconds(rule.cooldown), match.at, match.first),
            notified_match(match),
            dispatch,
            () if rule.dry_run else await self._receivers_of(rule),
            () if rule.dry_run else requests_of(match, now),
        )
        fired = await self._states.fire(
            firing,
            lambda state: closed_gate(rule, state, now),
            lambda stored, state: with_reason(stored, match, state, now),
            now,
        )
        if fired.gate is not None:
            return _Attempt(fired.gate)
        return _Attempt(
            dispatch_id=dispatch.id if dispatch else None,
            notifications=fired.notifications,
            requests=[request.id for request in firing.requests],
        )

    async def _receivers_of(self, rule: Rule) -> Sequence[Receiver]:
        """Return the receivers that a rule notifies; those that were deleted or switched off get nothing."""
        if not rule.action.notify:
            return ()
        found = await self._receivers.all({"_id": {"$in": rule.action.notify}, "project_id": rule.project_id})
        return [receiver for receiver in found if receiver.enabled]

    async def _dispatch(
        self, match: RuleMatch, pipeline_id: str, parent: Dispatch | None, now: datetime
    ) -> tuple[Gate | None, str | None, Dispatch | None]:
        rule = match.rule
        pipeline = await self._pipelines.find(pipeline_id)
        if pipeline is None or pipeline.project_id != rule.project_id:
            return "no_pipeline", "its pipeline was deleted; choose another", None
        template_id = rule.action.template_id or pipeline.template_id
        template = await self._templates.find(template_id) if template_id else None
        if template_id and (template is None or template.project_id != rule.project_id):
            return "payload", "its template was deleted; choose another", None
        try:
            return None, None, _dispatch(match, pipeline, template, parent, now)
        except BadPayload as error:
            return "payload", str(error), None

    async def _parent(self, match: RuleMatch) -> Dispatch | None:
        """Return the dispatch whose run caused a match. Attributes may name any, but only in the same project."""
        sent = match.origin.correlation_id
        return None if sent is None else await self._dispatches.by_correlation(match.rule.project_id, sent)


def _dispatch(
    match: RuleMatch, pipeline: Pipeline, template: Template | None, parent: Dispatch | None, now: datetime
) -> Dispatch:
    rule = match.rule
    values = {
        **match.values,
        "rule.id": rule.id,
        "rule.name": rule.name,
        "project.id": rule.project_id,
        "link": match.link,
    }
    payload = template.render(values) if template else _default_payload(values)
    outcome: dict[str, Any] = {}
    if rule.dry_run:
        outcome = {"state": "recorded", "dry_run": True, "finished_at": now, "detail": "nothing was sent: dry run"}
    return new_dispatch(
        pipeline,
        template,
        payload,
        dispatch_id=new_id(),
        correlation_id=new_id(),
        dedupe_key=rule_key(rule.id, seconds(rule.cooldown), match.at, match.first),
        now=now,
        parent=parent,
        rule_id=rule.id,
        rule_name=rule.name,
        hop=match.origin.next_hop,
        rules=sorted({*match.origin.rules, rule.id}),
        cause=[match.first],
        **outcome,
    )


_DEFAULT_FIELDS = {
    "service": "log.service_id",
    "severity": "log.severity",
    "log_id": "log.id",
    "test_id": "log.test_id",
    "count": "stats.count",
    "analysis_id": "analysis.id",
    "run_id": "run.id",
    "conclusion": "run.conclusion",
    "link": "link",
}


def default_names(on: Subject) -> list[str]:
    """Return the values that a dispatch without a template may have."""
    prefixes = {"logs": ("log.", "stats."), "analysis": ("analysis.",), "run": ("run.",)}[on]
    return [name for name, source in _DEFAULT_FIELDS.items() if source == "link" or source.startswith(prefixes)]


def _default_payload(values: Mapping[str, Any]) -> dict[str, Any]:
    """The payload of a dispatch without a template: names and numbers, no free text."""
    fields = [
        {"name": name, "source": source, "type": "integer" if name == "count" else "string", "max_length": 512}
        for name, source in _DEFAULT_FIELDS.items()
        if values.get(source) not in (None, "")
    ]
    return TemplateDraft.model_validate({"name": "plain", "event_type": "plain", "fields": fields}).render(values)


def quiet_until(rule: RuleDraft, state: RuleState, now: datetime) -> datetime | None:
    """Return the time before which a rule cannot fire, None when it may fire now."""
    gate = closed_gate(rule, state, now)
    fired = state.fired_at
    if gate == "cooldown":
        return fired[-1] + timedelta(seconds=seconds(rule.cooldown))
    if gate == "budget_hour":
        return _oldest(fired, now - HOUR, rule.budget.per_hour) + HOUR
    if gate == "budget_day":
        return _oldest(fired, now - DAY, rule.budget.per_day) + DAY
    return None


def _oldest(fired: Sequence[datetime], since: datetime, allowed: int) -> datetime:
    """The firing that has to leave the period before the gate opens."""
    within = [at for at in fired if at > since]
    return within[len(within) - allowed]
