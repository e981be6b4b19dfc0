"""The output of runs under /api/v1/ci/runs: its parts, and what the conditions of a workflow file say about it."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from logloop_chassis.http.parameters import body_problems, problems
from logloop_chassis.http.problems import NotFound
from logloop_contracts.workflow_files.file_conditions import read_workflow
from logloop_contracts.workflow_files.workflow_file import FileCondition, Violation
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from logloop_ci_bridge.http.back_test_slots import back_test_slot
from logloop_ci_bridge.http.callers import Caller, CurrentCaller
from logloop_ci_bridge.http.runs import run_of_caller
from logloop_ci_bridge.http.workflows import SentFile
from logloop_ci_bridge.rules.run_evaluation import EvaluatedCondition, evaluate_on_run
from logloop_ci_bridge.rules.run_values import output_values, run_values
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
    """A workflow file whose conditions on runs are evaluated."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    file: SentFile


class EvaluatedReaction(EvaluatedCondition):
    """A condition of the file, and what it starts."""

    key: str = Field(description="when, or on_result.0 for the first entry of LOGLOOP_ON_RESULT.")
    line: int
    column: int
    starts: str = Field(description="The event type or pipeline that it starts, or the workflow itself.")


class RunEvaluation(BaseModel):
    """What the conditions of a workflow file say about a run."""

    run_id: str
    same_workflow: bool = Field(description="False when the run is of another file, whose results this one ignores.")
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
    summary="Evaluate a workflow file on a run",
    operation_id="run_evaluate",
    responses=body_problems(404, 409),
)
async def evaluate(
    run_id: str,
    body: ConditionsToEvaluate,
    caller: CurrentCaller,
    project_id: str | None = Query(None, max_length=63, description="Required when several projects track the run."),
) -> RunEvaluation:
    """Evaluate LOGLOOP_ON_RESULT, and a condition on runs, on a run that has completed. Nothing is started."""
    run = await run_of_caller(caller, run_id, project_id)
    output = await stored_output(caller, run)
    file = await asyncio.to_thread(read_workflow, body.file.path, body.file.text)
    rules = {
        rule.source.key: rule.id
        for rule in await caller.stores.rules.all({"project_id": run.project_id, "source.repository": run.repository})
        if rule.source is not None and rule.source.path.endswith(f"/{file.name}")
    }
    wanted = [condition for condition in file.conditions if condition.on == "run"]
    async with back_test_slot(caller.services, run.project_id):
        values = await asyncio.to_thread(lambda: run_values(run) | output_values(output))
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
