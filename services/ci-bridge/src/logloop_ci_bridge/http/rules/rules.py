"""Rules under /api/v1/ci/rules: records, checks, back-tests and the latest evaluations."""

from typing import Any

from fastapi import APIRouter, Response
from logloop_chassis.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, decode_id_cursor
from logloop_chassis.http.parameters import ProjectParam, body_problems, problems
from logloop_chassis.http.problems import Conflict, Unprocessable
from logloop_chassis.ids import RecordId, utc_now
from logloop_contracts.conditions.condition import BadCondition
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from logloop_ci_bridge.http.callers import CurrentCaller, ProjectScoped, next_cursor
from logloop_ci_bridge.http.rules.back_test_slots import back_test_slot
from logloop_ci_bridge.rules.back_testing import BackTest, back_test
from logloop_ci_bridge.rules.evaluation.evaluation import Evaluation, derive_prefilter
from logloop_ci_bridge.rules.evaluation.scope import scope_query
from logloop_ci_bridge.rules.firing.firing import quiet_until
from logloop_ci_bridge.rules.firing.history import KEPT, Hour, hour_of
from logloop_ci_bridge.rules.rule import DAY, Gate, Rule, RuleDraft, closed_gate
from logloop_ci_bridge.rules.rule_check import RuleCheck, check_rule
from logloop_ci_bridge.wiring import CiBridgeServices
from logloop_ci_bridge.workflows.drafts import place_of

router = APIRouter(prefix="/api/v1/ci/rules", tags=["rules"])


_EXAMPLES: list[JsonValue] = [
    {
        "project_id": "shop",
        "name": "Timeout burst in checkout",
        "filter": {"services": ["checkout"]},
        "condition": 'log.severity == "error" && log.message.contains("timeout") && stats.count > 5',
        "window": "5m",
        "cooldown": "15m",
        "action": {"pipeline_id": "01JD0000000000000000000000"},
    },
    {
        "project_id": "shop",
        "name": "Repair after a failed diagnosis",
        "on": "run",
        "filter": {"pipelines": ["01JD0000000000000000000000"]},
        "condition": 'run.conclusion == "failure" && run.failed_tests.exists(test, test.contains("checkout"))',
        "max_hops": 1,
        "action": {"pipeline_id": "01JD0000000000000000000001"},
    },
    {
        "project_id": "shop",
        "name": "Explain the first error and tell the team",
        "condition": 'log.severity == "error"',
        "cooldown": "1h",
        "action": {"analyze": {"before": "30m"}, "notify": ["01JD0000000000000000000003"]},
    },
]


class NewRule(ProjectScoped, RuleDraft):
    """A rule to create or check."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": _EXAMPLES})


class RulePage(Page[Rule]):
    """Rules in the order of their creation."""


class RuleStatus(BaseModel):
    """The current state of a rule. Counters are those of the responding process since it started."""

    enabled: bool
    fired_last_day: int
    gate: Gate | None = Field(None, description="The gate that would keep it from firing now.")
    quiet_until: AwareDatetime | None = Field(None, description="When that gate opens.")
    looks: int = Field(0, description="Batches, analyses or runs that it was evaluated on.")
    matched: int = Field(0, description="Logs that passed its filter and per-log clauses; if 0, check those first.")
    last_look_at: AwareDatetime | None = None
    stats: dict[str, float] = Field(default_factory=dict, description="Statistics of the window at its newest log.")


class EvaluationPage(BaseModel):
    """The latest 50 evaluations, newest first; of equal outcomes in a row within a second only the last is kept."""

    now: RuleStatus
    items: list[Evaluation]


class RuleTimeline(BaseModel):
    """The evaluations of a rule by hour, oldest first. Hours without any are left out."""

    since: AwareDatetime
    until: AwareDatetime
    hours: list[Hour]


class BackTestRange(BaseModel):
    """The stored logs to back-test a rule on."""

    model_config = ConfigDict(extra="forbid")

    since: str = Field("24h", max_length=40, description="RFC 3339, or relative: 30m, 24h, 7d ago.", examples=["24h"])
    until: str = Field("now", max_length=40, description="RFC 3339, relative, or now.")


class BackTestRequest(BackTestRange):
    """The stored logs to back-test a stored rule on."""

    rule: RuleDraft | None = Field(None, description="Back-test this version instead of the stored one.")


class DraftBackTestRequest(ProjectScoped, BackTestRange):
    """A rule that need not be stored, and the logs to back-test it on."""

    rule: RuleDraft


async def _checked(
    services: CiBridgeServices, project_id: str, draft: RuleDraft, own_id: str | None = None
) -> RuleCheck:
    stores = services.stores
    others = await stores.rules.all({"project_id": project_id, "enabled": True})
    check = check_rule(draft, others, own_id, await services.workflow_sync.surroundings(project_id))
    pipeline_id = draft.action.pipeline_id
    pipeline = await stores.pipelines.find(pipeline_id) if pipeline_id is not None else None
    if pipeline_id is not None and (pipeline is None or pipeline.project_id != project_id):
        check.errors.append(f"there is no pipeline {pipeline_id!r} in this project")
    for receiver_id in draft.action.notify:
        receiver = await stores.receivers.find(receiver_id)
        if receiver is None or receiver.project_id != project_id:
            check.errors.append(f"there is no receiver {receiver_id!r} in this project")
    template_id = draft.action.template_id
    template = await stores.templates.find(template_id) if template_id else None
    if template_id and (template is None or template.project_id != project_id):
        check.errors.append(f"there is no template {template_id!r} in this project")
    check.valid = not check.errors
    if check.valid and draft.on == "logs":
        check.prefilter = list(derive_prefilter(draft, draft.compile()).described)
    return check


async def _refuse_invalid(
    services: CiBridgeServices, project_id: str, draft: RuleDraft, own_id: str | None = None
) -> None:
    check = await _checked(services, project_id, draft, own_id)
    if not check.valid:
        raise Unprocessable(
            f"the rule cannot be saved: {'; '.join(check.errors)}",
            errors=[{"field": "condition", "reason": reason} for reason in check.errors],
        )


@router.post("/check", summary="Check a rule", operation_id="rule_check", responses=body_problems(404))
async def check(body: NewRule, caller: CurrentCaller) -> RuleCheck:
    """Check the syntax, names, types and loops of a rule without saving it, and describe how it is evaluated."""
    caller.may_read(body.project_id)
    return await _checked(caller.services, body.project_id, body)


@router.post(
    "/back-test",
    summary="Back-test a rule that is not stored",
    operation_id="rule_draft_back_test",
    responses=body_problems(404, 502),
)
async def run_draft_back_test(body: DraftBackTestRequest, caller: CurrentCaller) -> BackTest:
    """Return when the rule would have fired on stored logs and what its gates would have blocked.

    Nothing is stored, sent or changed.
    """
    caller.may_read(body.project_id)
    return await _back_test(caller.services, body.project_id, body.rule, body)


@router.post(
    "", status_code=201, summary="Create a rule", operation_id="rule_create", responses=body_problems(404, 409)
)
async def create(body: NewRule, caller: CurrentCaller) -> Rule:
    """Store a rule. A rule that does not compile, uses unknown names or triggers itself is rejected."""
    await caller.may_create(body.project_id)
    await _refuse_invalid(caller.services, body.project_id, body)
    rule = await caller.create(caller.stores.rules, body)
    caller.services.active_rules.forget(rule.project_id)
    return rule


@router.get("", summary="List rules", operation_id="rule_list", responses=problems(404))
async def list_all(
    project_id: ProjectParam, caller: CurrentCaller, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> RulePage:
    """List the rules of a project."""
    caller.may_read(project_id)
    items = await caller.stores.rules.page(project_id, limit=limit, after=decode_id_cursor(cursor))
    return RulePage(items=list(items), next_cursor=next_cursor(items, limit))


@router.get("/{rule_id}", summary="Get a rule", operation_id="rule_read", responses=problems(404))
async def get(rule_id: RecordId, caller: CurrentCaller) -> Rule:
    """Return a rule."""
    return await caller.read(caller.stores.rules, rule_id)


@router.put("/{rule_id}", summary="Change a rule", operation_id="rule_update", responses=body_problems(404, 409))
async def replace(rule_id: RecordId, body: RuleDraft, caller: CurrentCaller) -> Rule:
    """Replace every field of a rule. Its window starts empty; its cooldown and budget continue.

    A rule of a workflow file can only be switched off and on: everything else is edited in the file.
    """
    found = await caller.to_change(caller.stores.rules, rule_id)
    if found.source is not None and _other_fields(found) != _other_fields(body):
        raise Conflict(f"a workflow file states this rule; edit it in the file {place_of(found.source)}")
    await _refuse_invalid(caller.services, found.project_id, body, rule_id)
    rule = await caller.replace(caller.stores.rules, found, body)
    caller.services.active_rules.forget(rule.project_id)
    return rule


def _other_fields(rule: RuleDraft) -> dict[str, Any]:
    """What of a rule is not its switch."""
    return {
        name: value
        for name, value in rule.model_dump().items()
        if name in RuleDraft.model_fields.keys() - {"enabled"}
    }


@router.delete(
    "/{rule_id}", status_code=204, summary="Delete a rule", operation_id="rule_delete", responses=problems(404, 409)
)
async def delete(rule_id: RecordId, caller: CurrentCaller) -> Response:
    """Delete a rule with its state. Its dispatches stay listed. A rule of a workflow file is removed in the file."""
    found = await caller.to_change(caller.stores.rules, rule_id)
    if found.source is not None:
        raise Conflict(f"a workflow file states this rule; remove it from the file {place_of(found.source)}")
    await caller.delete(caller.stores.rules, found)
    await caller.stores.rule_states.delete(rule_id)
    caller.services.active_rules.forget(found.project_id)
    return Response(status_code=204)


@router.get(
    "/{rule_id}/evaluations",
    summary="List a rule's evaluations",
    operation_id="rule_evaluation_list",
    responses=problems(404),
)
async def evaluations(rule_id: RecordId, caller: CurrentCaller, limit: Limit = DEFAULT_LIMIT) -> EvaluationPage:
    """Explain why a rule did or did not fire: the value of each clause, the window, and the closed gate."""
    found = await caller.read(caller.stores.rules, rule_id)
    await caller.services.evaluations.flush()
    items = await caller.stores.rule_states.evaluations(rule_id)
    return EvaluationPage(now=await _status(caller.services, found), items=list(items)[:limit])


@router.get(
    "/{rule_id}/history", summary="Get a rule's history", operation_id="rule_history_read", responses=problems(404)
)
async def history(rule_id: RecordId, caller: CurrentCaller) -> RuleTimeline:
    """Count, for each hour of the last seven days, how often the rule fired and which gates kept it from firing."""
    found = await caller.read(caller.stores.rules, rule_id)
    await caller.services.evaluations.flush()
    until = utc_now()
    hours = await caller.stores.rule_history.of_rule(found.id, until - KEPT)
    return RuleTimeline(since=hour_of(until - KEPT), until=until, hours=list(hours))


async def _status(services: CiBridgeServices, rule: Rule) -> RuleStatus:
    state, now = await services.stores.rule_states.find(rule.id), utc_now()
    pause = await services.stores.pauses.state(rule.project_id)
    status = RuleStatus(
        enabled=rule.enabled,
        fired_last_day=sum(at > now - DAY for at in state.fired_at),
        gate="paused" if pause.paused else closed_gate(rule, state, now),
        quiet_until=quiet_until(rule, state, now),
    )
    active = services.active_rules.loaded(rule)
    if active is not None:
        status.looks, status.matched = active.evaluated, active.matched
        status.last_look_at = active.last_evaluated_at
        status.stats = dict(active.compiled.window.statistics().values())
    return status


@router.post(
    "/{rule_id}/back-test",
    summary="Back-test a rule",
    operation_id="rule_back_test",
    responses=body_problems(404, 502),
)
async def run_back_test(rule_id: RecordId, body: BackTestRequest, caller: CurrentCaller) -> BackTest:
    """Return when the rule would have fired on stored logs and what its gates would have blocked.

    Nothing is sent or changed.
    """
    found = await caller.read(caller.stores.rules, rule_id)
    return await _back_test(caller.services, found.project_id, body.rule or found, body, rule_id)


async def _back_test(
    services: CiBridgeServices, project_id: str, rule: RuleDraft, on: BackTestRange, rule_id: str = ""
) -> BackTest:
    if rule.on != "logs":
        raise Unprocessable("only rules on logs can be back-tested")
    params = {"q": scope_query(rule), "since": on.since, "until": on.until, "order": "asc"}
    logs = services.query.export(project_id, params)
    try:
        async with back_test_slot(services, project_id):
            return await back_test(rule, rule_id=rule_id, project_id=project_id, logs=logs)
    except BadCondition as error:
        raise Unprocessable(f"the rule cannot be back-tested: {error}") from error
    finally:
        await logs.aclose()
