"""Single workflow files under /api/v1/ci/workflows: what a file states, and reading its repository again."""

import asyncio

from fastapi import APIRouter, Response
from logloop_chassis.http.parameters import body_problems, problems
from logloop_chassis.http.problems import NotFound
from logloop_chassis.ids import RecordId
from logloop_contracts.workflow_files.file_conditions import read_workflow
from pydantic import ConfigDict, Field

from logloop_ci_bridge.dispatches.pipelines import Repository
from logloop_ci_bridge.http.callers import CurrentCaller, ProjectScoped
from logloop_ci_bridge.rules.rule import Rule
from logloop_ci_bridge.workflows.workflow_record import StatedCondition, WorkflowRecord, stated_in

router = APIRouter(prefix="/api/v1/ci/workflows", tags=["workflows"])


class WorkflowView(WorkflowRecord):
    """A workflow file with its text, its conditions and the rules in force."""

    text: str
    stated: list[StatedCondition] = Field(description="The conditions that the text states.")
    rules: list[Rule] = Field(description="The rules in force: those of the last version without violations.")


class RepositoryToRead(ProjectScoped):
    """A repository to read again."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"project_id": "shop", "repository": "acme/shop"}]}
    )

    repository: Repository


@router.post(
    "/read",
    status_code=204,
    summary="Read a repository again",
    operation_id="workflow_read_again",
    responses=body_problems(404),
)
async def read_again(body: RepositoryToRead, caller: CurrentCaller) -> Response:
    """Read the workflow files of a repository from GitHub now, instead of at its next turn."""
    await caller.may_create(body.project_id)
    if not await caller.stores.pipelines.count({"project_id": body.project_id, "repository": body.repository}):
        raise NotFound(f"no pipeline of the project belongs to {body.repository}")
    await caller.services.workflow_reader.watch(body.project_id, body.repository)
    return Response(status_code=204)


@router.get("/{file_id}", summary="Get a workflow file", operation_id="workflow_read", responses=problems(404))
async def read(file_id: RecordId, caller: CurrentCaller) -> WorkflowView:
    """Return a workflow file as it was last read: its text, what it states, and the rules in force."""
    record = caller.allowed(await caller.stores.workflows.find(file_id), f"there is no workflow file {file_id!r}")
    texts = await caller.stores.workflows.texts(record.project_id, record.repository)
    text = texts[record.path].text if record.path in texts else ""
    own = {"project_id": record.project_id, "source.repository": record.repository, "source.path": record.path}
    return WorkflowView(
        **record.model_dump(),
        text=text,
        stated=stated_in(await asyncio.to_thread(read_workflow, record.path, text)),
        rules=list(await caller.stores.rules.all(own)),
    )
