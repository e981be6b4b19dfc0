"""The output of runs under /api/v1/ci/runs: its parts, and what conditions say about it."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query
from logloop_chassis.http.parameters import body_problems, problems
from logloop_chassis.http.problems import NotFound, Unprocessable
from logloop_contracts.conditions.condition import BadCondition
from logloop_contracts.workflow_files.file_conditions import read_workflow
from logloop_contracts.workflow_files.workflow_file import FileCondition, Violation
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from logloop_ci_bridge.http.callers import Caller, CurrentCaller
from logloop_ci_bridge.http.github.workflows import SentFile
from logloop_ci_bridge.http.rules.back_test_slots import back_test_slot
from logloop_ci_bridge.http.runs.runs import run_of_caller
from logloop_ci_bridge.rules.evaluation.run_evaluation import EvaluatedCondition, evaluate_on_run
from logloop_ci_bridge.rules.evaluation.run_values import output_values, run_values
from logloop_ci_bridge.rules.rule import RuleDraft
from logloop_ci_bridge.runs.comparison import Comparison, Side, compare
from logloop_ci_bridge.runs.output import RunOutput
from logloop_ci_bridge.runs.run import Run
from logloop_ci_bridge.workflows.drafts import condition_rule

router = APIRouter(prefix="/api/v1/ci/runs", tags=["runs"])
_WORKFLOW = (
    "on: {repository_dispatch: {types: [logloop.checkout]}}\n"
    "env:\n  LOGLOOP_ON_RESULT: |\n"
    "    - when: step.exit_code == 137\n      do: {dispatch: logloop.checkout.repair}\n"
)
_EXAMPLE: dict[str, JsonValue] = {"file": {"path": ".github/workflows/diagnose.yml", "text": _WORKFLOW}}


class ConditionsToEvaluate(BaseModel):
    """A workflow file whose conditions on runs are evaluated, or a rule on runs."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    file: SentFile | None = None
    rule: RuleDraft | None = Field(None, description="A rule on runs, saved or not.")

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.file is None) == (self.rule is None):
            raise ValueError("send a file or a rule")
        if self.rule is not None and self.rule.on != "run":
            raise ValueError("the rule must be on runs; a rule on logs is back-tested")
        return self


class EvaluatedReaction(EvaluatedCondition):
    """A condition of the file, and what it starts."""

    key: str = Field(description="when, on_result.0 for the first entry of LOGLOOP_ON_RESULT, or rule.")
    line: int | None = None
    column: int | None = None
    starts: str | None = Field(None, description="The event type or pipeline that it starts, or the workflow itself.")


class RunEvaluation(BaseModel):
    """What conditions say about a run."""

    run_id: str
    same_workflow: bool = Field(
        description="False when the file, or the pipelines of the rule, do not apply to the results of this workflow."
    )
    conditions: list[EvaluatedReaction]
    violations: list[Violation] = Field(default_factory=list)


async def stored_output(caller: Caller, run: Run) -> RunOutput:
    """Return the output of a run. Raises NotFound."""
    found = await caller.stores.run_outputs.find(run)
    if found is None:
        raise NotFound("the run has no stored output: it has not ended, cannot be read, or is older than 30 days")
    return found


@router.get(
    "/{run_id}/output", summary="Get a run's output", operation_id="run_output_read", responses=problems(404, 409)
)
async def get(
    run_id: str,
    caller: CurrentCaller,
    project_id: str | None = Query(None, max_length=63, description="Required when several projects track the run."),
) -> RunOutput:
    """Return the parts of a run's output that conditions read: lines, annotations, tests, steps and outputs."""
    return await stored_output(caller, await run_of_caller(caller, run_id, project_id))


@router.get(
    "/{run_id}/differences",
    summary="Compare a run with its emulation",
    operation_id="run_compare",
    responses=problems(404, 409),
)
async def differences(
    run_id: str,
    caller: CurrentCaller,
    emulated: Annotated[str, Query(max_length=20, description="Id of the emulated run.")],
    project_id: str | None = Query(None, max_length=63, description="Required when several projects track the run."),
) -> Comparison:
    """List what an emulation did differently: conclusions, steps, exit codes, annotations, tests and outputs."""
    run = await run_of_caller(caller, run_id, project_id)
    other = await run_of_caller(caller, emulated, run.project_id)
    sides = [Side(item, await stored_output(caller, item)) for item in (run, other)]
    return await asyncio.to_thread(compare, *sides)


@router.post(
    "/{run_id}/evaluate",
    summary="Evaluate conditions on a run",
    operation_id="run_evaluate",
    responses=body_problems(404, 409),
)
async def evaluate(
    run_id: str,
    body: ConditionsToEvaluate,
    caller: CurrentCaller,
    project_id: str | None = Query(None, max_length=63, description="Required when several projects track the run."),
) -> RunEvaluation:
    """Evaluate the conditions on runs of a workflow file, or of a rule, on an earlier run. Nothing is started."""
    run = await run_of_caller(caller, run_id, project_id)
    output = await stored_output(caller, run)
    async with back_test_slot(caller.services, run.project_id):
        values = await asyncio.to_thread(lambda: run_values(run) | output_values(output))
        if body.rule is not None:
            return await _evaluated_rule(body.rule, values, run)
        assert body.file is not None
        return await _evaluated_file(caller, body.file, values, run)


async def _evaluated_rule(rule: RuleDraft, values: Mapping[str, Any], run: Run) -> RunEvaluation:
    """Evaluate a rule. Raises Unprocessable."""
    try:
        result = await asyncio.to_thread(evaluate_on_run, rule, values, run)
    except BadCondition as error:
        raise Unprocessable(f"the rule cannot be evaluated: {error}") from error
    applies = not rule.filter.pipelines or run.pipeline_id in rule.filter.pipelines
    found = EvaluatedReaction(**result.model_dump(), key="rule", starts=rule.action.pipeline_id)
    return RunEvaluation(run_id=run.run_id, same_workflow=applies, conditions=[found])


async def _evaluated_file(caller: Caller, sent: SentFile, values: Mapping[str, Any], run: Run) -> RunEvaluation:
    """Evaluate the conditions of a file."""
    file = await asyncio.to_thread(read_workflow, sent.path, sent.text)
    rules = {
        rule.source.key: rule.id
        for rule in await caller.stores.rules.all({"project_id": run.project_id, "source.repository": run.repository})
        if rule.source is not None and rule.source.path.endswith(f"/{file.name}")
    }
    wanted = [condition for condition in file.conditions if condition.on == "run"]
    results = [
        await asyncio.to_thread(evaluate_on_run, condition_rule(item), values, run, rules.get(item.key))
        for item in wanted
    ]
    return RunEvaluation(
        run_id=run.run_id,
        same_workflow=run.workflow == file.name,
        conditions=[_reaction(item, result) for item, result in zip(wanted, results, strict=True)],
        violations=list(file.violations),
    )


def _reaction(condition: FileCondition, result: EvaluatedCondition) -> EvaluatedReaction:
    started = condition.reaction
    return EvaluatedReaction(
        **result.model_dump(),
        key=condition.key,
        line=condition.at.line,
        column=condition.at.column,
        starts=(started.event_type or str(started.pipeline)) if started else "this workflow",
    )
