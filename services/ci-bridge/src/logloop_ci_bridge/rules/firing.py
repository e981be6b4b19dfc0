"""What happens when a rule matches: the dispatch is made, the durable gates are asked, and the outcome is kept.

It must not evaluate conditions or send anything.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from logloop_ci_bridge.dispatches.outbox import Dispatch, new_dispatch, rule_key
from logloop_ci_bridge.dispatches.pipelines import Pipeline
from logloop_ci_bridge.dispatches.store import DispatchStore
from logloop_ci_bridge.dispatches.templates import BadPayload, Template, TemplateDraft
from logloop_ci_bridge.durations import new_ulid, seconds
from logloop_ci_bridge.record_store import Records
from logloop_ci_bridge.rules.evaluation import Evaluation
from logloop_ci_bridge.rules.rule import DAY, HOUR, Gate, Origin, Rule, RuleDraft, RuleState, closed_gate
from logloop_ci_bridge.telemetry import RULE_FIRINGS
from logloop_ci_bridge.work_loops import utc_now

_PENDING_KEPT = 50


@dataclass(frozen=True)
class Match:
    """A rule that matched something. `first` names the log, analysis or run; `at` is when that happened."""

    rule: Rule
    first: str
    at: datetime
    values: Mapping[str, Any]
    origin: Origin
    evaluation: Evaluation
    link: str


@dataclass
class Evaluations:
    """Recent evaluations waiting to be written, a few a rule; of near misses only the last."""

    store: DispatchStore
    _waiting: dict[str, tuple[str, list[Evaluation]]] = field(default_factory=dict)

    def note(self, rule_id: str, project_id: str, evaluation: Evaluation) -> None:
        """Keep an evaluation in mind."""
        waiting = self._waiting.setdefault(rule_id, (project_id, []))[1]
        if waiting and waiting[-1].outcome == evaluation.outcome and waiting[-1].gate == evaluation.gate:
            waiting.pop()
        waiting.append(evaluation)
        del waiting[:-_PENDING_KEPT]

    async def flush(self) -> None:
        """Write what waits; what cannot be written now goes on waiting."""
        for rule_id in list(self._waiting):
            project_id, evaluations = self._waiting.pop(rule_id, ("", []))
            written = False
            try:
                await self.store.remember(rule_id, project_id, evaluations)
                written = True
            finally:
                if not written:
                    self._waiting.setdefault(rule_id, (project_id, []))[1][:0] = evaluations


class Firing:
    """Turns matches into dispatches."""

    def __init__(
        self,
        store: DispatchStore,
        pipelines: Records[Pipeline],
        templates: Records[Template],
        evaluations: Evaluations,
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._pipelines = pipelines
        self._templates = templates
        self._evaluations = evaluations
        self._wake = wake

    async def fire(self, match: Match) -> datetime | None:
        """Dispatch unless a gate is closed; until when the rule stays quiet, None when it may fire again at once."""
        rule, now = match.rule, utc_now()
        gate, detail, dispatch = await self._attempt(match, now)
        outcome = "blocked" if gate else "dry_run" if rule.dry_run else "fired"
        self._evaluations.note(
            rule.id,
            rule.project_id,
            match.evaluation.model_copy(
                update={
                    "outcome": outcome,
                    "gate": gate,
                    "detail": detail,
                    "dispatch_id": None if gate or dispatch is None else dispatch.id,
                }
            ),
        )
        RULE_FIRINGS.labels(rule.on, gate or outcome).inc()
        if gate is None:
            self._wake()
        return quiet_until(rule, await self._store.state_of(rule.id), now)

    async def _attempt(self, match: Match, now: datetime) -> tuple[Gate | None, str | None, Dispatch | None]:
        rule = match.rule
        pipeline = await self._pipelines.find(rule.action.pipeline_id)
        if pipeline is None or pipeline.project_id != rule.project_id:
            return "no_pipeline", "its pipeline is gone; choose another", None
        template_id = rule.action.template_id
        template = await self._templates.find(template_id) if template_id else None
        if template_id and (template is None or template.project_id != rule.project_id):
            return "payload", "its template is gone; choose another", None
        try:
            dispatch = _dispatch(match, pipeline, template, now)
        except BadPayload as error:
            return "payload", str(error), None
        gate = await self._store.fire(dispatch, lambda state: closed_gate(rule, state, now), now)
        return gate, None, dispatch


def _dispatch(match: Match, pipeline: Pipeline, template: Template | None, now: datetime) -> Dispatch:
    rule = match.rule
    values = {
        **match.values,
        "rule.id": rule.id,
        "rule.name": rule.name,
        "project.id": rule.project_id,
        "link": match.link,
    }
    payload = template.render(values) if template else _plain_payload(values)
    ends: dict[str, Any] = {}
    if rule.dry_run:
        ends = {"state": "recorded", "dry_run": True, "finished_at": now, "detail": "nothing was sent: dry run"}
    return new_dispatch(
        pipeline,
        template,
        payload,
        dispatch_id=new_ulid(),
        correlation_id=new_ulid(),
        dedupe_key=rule_key(rule.id, seconds(rule.cooldown), match.at, match.first),
        now=now,
        rule_id=rule.id,
        rule_name=rule.name,
        hop=match.origin.next_hop,
        rules=sorted({*match.origin.rules, rule.id}),
        cause=[match.first],
        **ends,
    )


_PLAIN = {
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


def _plain_payload(values: Mapping[str, Any]) -> dict[str, Any]:
    """What a dispatch without a template carries: names and numbers, no free text."""
    fields = [
        {"name": name, "source": source, "type": "integer" if name == "count" else "string", "max_length": 512}
        for name, source in _PLAIN.items()
        if values.get(source) not in (None, "")
    ]
    return TemplateDraft.model_validate({"name": "plain", "event_type": "plain", "fields": fields}).render(values)


def quiet_until(rule: RuleDraft, state: RuleState, now: datetime) -> datetime | None:
    """The moment before which a rule cannot fire whatever it sees; None when it could now."""
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
    """The firing whose falling out of the window opens the gate again."""
    within = [at for at in fired if at > since]
    return within[len(within) - allowed]
