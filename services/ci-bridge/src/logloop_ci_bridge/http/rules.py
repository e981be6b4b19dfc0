"""CRUD of rules under /api/v1/ci/rules, checking, back-testing, and why a rule did not fire.

It must not evaluate; `rules`, `evaluation` and `back_test` do.
"""

from fastapi import APIRouter, Query, Response
from logloop_chassis.http.problems import Unavailable, Unprocessable
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from logloop_ci_bridge.http.callers import CurrentCaller, Cursor, Limit, Page, ProjectParam, ProjectScoped, problems
from logloop_ci_bridge.rules.back_testing import BackTest, back_test, scope_query
from logloop_ci_bridge.rules.conditions import BadCondition
from logloop_ci_bridge.rules.evaluation import Evaluation, derive_prefilter
from logloop_ci_bridge.rules.firing import quiet_until
from logloop_ci_bridge.rules.rule import DAY, Gate, Rule, RuleCheck, RuleDraft, check_rule, closed_gate
from logloop_ci_bridge.state import Bridge
from logloop_ci_bridge.work_loops import utc_now

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
]


class NewRule(ProjectScoped, RuleDraft):
    """A rule to create or check."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": _EXAMPLES})


class RulePage(Page[Rule]):
    """Rules in the order of their creation."""


class RuleNow(BaseModel):
    """Where a rule stands. What is counted is what the answering process saw since it started."""

    enabled: bool
    fired_last_day: int
    gate: Gate | None = Field(None, description="What would keep it from firing now.")
    quiet_until: AwareDatetime | None = Field(None, description="When that gate opens.")
    looks: int = Field(0, description="Batches, analyses or runs it was shown.")
    matched: int = Field(0, description="Logs that passed its filter and per-log parts; 0: look there first.")
    last_look_at: AwareDatetime | None = None
    stats: dict[str, float] = Field(default_factory=dict, description="The window as its newest log left it.")


class EvaluationPage(BaseModel):
    """Latest evaluations, newest first; of equal outcomes in a row within a second only the last is kept."""

    now: RuleNow
    items: list[Evaluation]


class BackTestRequest(BaseModel):
    """Which stored logs to try a rule on."""

    model_config = ConfigDict(extra="forbid")

    since: str = Field("24h", max_length=40, description="RFC 3339, or ago: 30m, 24h, 7d.", examples=["24h"])
    until: str = Field("now", max_length=40, description="RFC 3339, ago, or now.")
    rule: RuleDraft | None = Field(None, description="Try this version instead of the stored one.")


async def _checked(bridge: Bridge, project_id: str, draft: RuleDraft, own_id: str | None = None) -> RuleCheck:
    others = await bridge.rules.all({"project_id": project_id, "enabled": True})
    check = check_rule(draft, others, own_id)
    pipeline = await bridge.pipelines.find(draft.action.pipeline_id)
    if pipeline is None or pipeline.project_id != project_id:
        check.errors.append(f"there is no pipeline {draft.action.pipeline_id!r} in this project")
    template_id = draft.action.template_id
    template = await bridge.templates.find(template_id) if template_id else None
    if template_id and (template is None or template.project_id != project_id):
        check.errors.append(f"there is no template {template_id!r} in this project")
    check.valid = not check.errors
    if check.valid and draft.on == "logs":
        check.prefilter = list(derive_prefilter(draft, draft.compile()).described)
    return check


async def _refuse_bad(bridge: Bridge, project_id: str, draft: RuleDraft, own_id: str | None = None) -> None:
    check = await _checked(bridge, project_id, draft, own_id)
    if not check.valid:
        raise Unprocessable(
            f"the rule cannot be saved: {'; '.join(check.errors)}",
            errors=[{"field": "condition", "reason": reason} for reason in check.errors],
        )


@router.post("/check", summary="Check a rule", responses=problems(404))
async def check(body: NewRule, caller: CurrentCaller) -> RuleCheck:
    """Say what is right and wrong about a rule without saving it: syntax, names, types, loops, and how it is run."""
    caller.may_read(body.project_id)
    return await _checked(caller.bridge, body.project_id, body)


@router.post("", status_code=201, summary="Create a rule", responses=problems(404, 409))
async def create(body: NewRule, caller: CurrentCaller) -> Rule:
    """Store a rule. One that does not compile, names unknown things or feeds itself is refused."""
    await caller.may_create(body.project_id)
    await _refuse_bad(caller.bridge, body.project_id, body)
    rule = await caller.create(caller.bridge.rules, body)
    caller.bridge.book.forget(rule.project_id)
    return rule


@router.get("", summary="List rules", responses=problems(404))
async def list_all(
    project_id: ProjectParam, caller: CurrentCaller, limit: Limit = 50, cursor: Cursor = None
) -> RulePage:
    """A project's rules."""
    caller.may_read(project_id)
    return RulePage.of(await caller.bridge.rules.page(project_id, limit=limit, after=cursor), limit)


@router.get("/{rule_id}", summary="Get a rule", responses=problems(404))
async def get(rule_id: str, caller: CurrentCaller) -> Rule:
    """One rule."""
    return await caller.read(caller.bridge.rules, rule_id)


@router.put("/{rule_id}", summary="Change a rule", responses=problems(404, 409))
async def replace(rule_id: str, body: RuleDraft, caller: CurrentCaller) -> Rule:
    """Replace every field of a rule. Its window begins empty; its cooldown and budget go on."""
    found = await caller.to_change(caller.bridge.rules, rule_id)
    await _refuse_bad(caller.bridge, found.project_id, body, rule_id)
    rule = await caller.replace(caller.bridge.rules, found, body)
    caller.bridge.book.forget(rule.project_id)
    return rule


@router.delete("/{rule_id}", status_code=204, summary="Delete a rule", responses=problems(404))
async def delete(rule_id: str, caller: CurrentCaller) -> Response:
    """Delete a rule with its state; what it dispatched stays listed."""
    found = await caller.to_change(caller.bridge.rules, rule_id)
    await caller.delete(caller.bridge.rules, found)
    await caller.bridge.dispatches.forget_rule(rule_id)
    caller.bridge.book.forget(found.project_id)
    return Response(status_code=204)


@router.get("/{rule_id}/evaluations", summary="Why did it (not) fire?", responses=problems(404))
async def evaluations(
    rule_id: str,
    caller: CurrentCaller,
    limit: int = Query(20, ge=1, le=50, description="How many."),
) -> EvaluationPage:
    """The latest looks of a rule at something that came near: each part's value, the window, and the closed gate."""
    found = await caller.read(caller.bridge.rules, rule_id)
    await caller.bridge.evaluations.flush()
    items = await caller.bridge.dispatches.evaluations(rule_id)
    return EvaluationPage(now=await _now(caller.bridge, found), items=list(items)[:limit])


async def _now(bridge: Bridge, rule: Rule) -> RuleNow:
    state, now = await bridge.dispatches.state_of(rule.id), utc_now()
    standing = RuleNow(
        enabled=rule.enabled,
        fired_last_day=sum(at > now - DAY for at in state.fired_at),
        gate=closed_gate(rule, state, now),
        quiet_until=quiet_until(rule, state, now),
    )
    active = bridge.book.at_work(rule)
    if active is not None:
        standing.looks, standing.matched = active.looks, active.matched
        standing.last_look_at = active.last_look_at
        standing.stats = dict(active.compiled.window.statistics().values())
    return standing


@router.post("/{rule_id}/back-test", summary="Try a rule on stored logs", responses=problems(404, 502))
async def try_on_stored_logs(rule_id: str, body: BackTestRequest, caller: CurrentCaller) -> BackTest:
    """When the rule would have fired, and what its gates would have stopped. Nothing is sent or changed."""
    found = await caller.read(caller.bridge.rules, rule_id)
    rule: RuleDraft = body.rule or found
    if rule.on != "logs":
        raise Unprocessable("only rules on logs can be tried on stored logs")
    if caller.bridge.back_tests.locked():
        raise Unavailable("other back-tests are at work; try again in a few seconds", retry_after=5)
    params = {"q": scope_query(rule), "since": body.since, "until": body.until, "order": "asc"}
    logs = caller.bridge.query.export(found.project_id, params)
    try:
        async with caller.bridge.back_tests:
            return await back_test(rule, rule_id=rule_id, project_id=found.project_id, logs=logs)
    except BadCondition as error:
        raise Unprocessable(f"the rule cannot be tried: {error}") from error
    finally:
        await logs.aclose()
