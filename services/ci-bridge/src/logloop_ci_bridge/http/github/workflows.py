"""Workflow files under /api/v1/ci/workflows: what is read of them, and files that are sent instead of read."""

import asyncio

from fastapi import APIRouter
from logloop_chassis.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, decode_id_cursor
from logloop_chassis.http.parameters import ProjectParam, body_problems, problems
from logloop_chassis.http.problems import Conflict, Unprocessable
from logloop_contracts.workflow_files.file_conditions import read_workflow
from logloop_contracts.workflow_files.workflow_file import MAX_FILE_BYTES, Violation, WorkflowFile
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from logloop_ci_bridge.dispatches.pipelines import Repository
from logloop_ci_bridge.dispatches.templates import BadPayload
from logloop_ci_bridge.http.callers import CurrentCaller, ProjectScoped, next_cursor
from logloop_ci_bridge.http.rules.back_test_slots import back_test_slot
from logloop_ci_bridge.rules.evaluation.stored_evaluation import StoredEvaluation, evaluate_stored
from logloop_ci_bridge.workflows.drafts import (
    FileOrigin,
    ProjectRecords,
    condition_rule,
    drafts_of,
    lint_without_repository,
)
from logloop_ci_bridge.workflows.plan import Plan
from logloop_ci_bridge.workflows.store import StoredText
from logloop_ci_bridge.workflows.workflow_record import (
    RepositoryState,
    StatedCondition,
    WorkflowRecord,
    stated_in,
)

router = APIRouter(prefix="/api/v1/ci/workflows", tags=["workflows"])

MAX_FILES = 100
MAX_TOTAL_BYTES = 1024 * 1024
_FILE: dict[str, JsonValue] = {
    "path": ".github/workflows/diagnose.yml",
    "text": "on: {repository_dispatch: {types: [logloop.checkout]}}\n"
    "env:\n  LOGLOOP_WHEN: log.severity == 'error' && stats.count > 5\n",
}


class SentFile(BaseModel):
    """A workflow file."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(
        max_length=250,
        pattern=r"^[A-Za-z0-9 _.@+/-]+\.ya?ml$",
        description="Path in the repository.",
        examples=[".github/workflows/diagnose.yml"],
    )
    text: str = Field(max_length=MAX_FILE_BYTES)


class SentFiles(ProjectScoped):
    """All workflow files of a repository that Logloop cannot read. A file that is missing loses its rules."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"project_id": "shop", "repository": "acme/shop", "commit": "5d4e1c7", "files": [_FILE]}]
        },
    )

    repository: Repository
    commit: str | None = Field(None, max_length=64, description="Commit of the files, if there is one.")
    files: list[SentFile] = Field(max_length=MAX_FILES)


class FilesToCheck(ProjectScoped):
    """Workflow files to check. Without a repository, only templates are compared."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"project_id": "shop", "repository": "acme/shop", "files": [_FILE]}]},
    )

    repository: Repository | None = None
    files: list[SentFile] = Field(max_length=MAX_FILES)


class FileChanges(BaseModel):
    """What workflow files change: the names of rules, and what is wrong."""

    repository: str | None
    created: list[str] = Field(default_factory=list)
    changed: list[str] = Field(default_factory=list)
    kept: list[str] = Field(default_factory=list)
    removed: list[str] = Field(default_factory=list)
    violations: list[Violation] = Field(
        default_factory=list, description="A file with violations changes nothing: its earlier rules stay."
    )


class FileCheck(FileChanges):
    """What is wrong in workflow files, what they state, and what sending them would change."""

    stated: list[StatedCondition] = Field(description="The conditions that the files state.")


class FileToEvaluate(ProjectScoped):
    """A workflow file whose condition is evaluated on stored logs."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"project_id": "shop", "repository": "acme/shop", "file": _FILE}]},
    )

    repository: Repository | None = Field(None, description="Needed to find the pipeline that starts the file.")
    file: SentFile
    since: str = Field("24h", max_length=40, description="RFC 3339, or relative: 30m, 24h, 7d ago.", examples=["24h"])
    until: str = Field("now", max_length=40, description="RFC 3339, relative, or now.")


class WhenResult(BaseModel):
    """Whether the condition of a file holds on stored logs, and the dispatch that would start it."""

    evaluation: StoredEvaluation | None = Field(None, description="Null when the condition is not valid.")
    violations: list[Violation] = Field(default_factory=list)
    pipeline_id: str | None = None
    template_id: str | None = None
    values: dict[str, JsonValue] = Field(
        default_factory=dict,
        description="Values of the template's fields, from the log at which the condition holds.",
    )


class WorkflowPage(Page[WorkflowRecord]):
    """Workflow files in the order in which they were first read."""

    repositories: list[RepositoryState] = Field(
        description="Repositories that are read from GitHub, with the latest error."
    )


def _changes(plan: Plan) -> FileChanges:
    return FileChanges(
        repository=plan.where.repository,
        created=[draft.name for draft in plan.created],
        changed=[draft.name for _, draft in plan.changed],
        kept=[rule.name for rule, _ in plan.kept],
        removed=[rule.name for rule in plan.removed],
        violations=plan.violations,
    )


def _texts(files: list[SentFile]) -> dict[str, str]:
    """Return the texts by path. Raises Unprocessable."""
    texts = {file.path: file.text for file in files}
    if len(texts) != len(files):
        raise Unprocessable("a path is repeated; send each file once")
    if sum(len(text.encode("utf-8", "replace")) for text in texts.values()) > MAX_TOTAL_BYTES:
        raise Unprocessable(f"the files may have at most {MAX_TOTAL_BYTES} bytes together")
    return texts


@router.get("", summary="List workflow files", operation_id="workflow_list", responses=problems(404))
async def list_all(
    project_id: ProjectParam, caller: CurrentCaller, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> WorkflowPage:
    """List the workflow files of a project's repositories, with what is wrong in them."""
    caller.may_read(project_id)
    store = caller.stores.workflows
    items = await store.page(project_id, limit=limit, after=decode_id_cursor(cursor))
    return WorkflowPage(
        items=list(items),
        next_cursor=next_cursor(items, limit),
        repositories=list(await store.repositories(project_id)),
    )


@router.put("", summary="Send workflow files", operation_id="workflow_sync", responses=body_problems(404, 409))
async def sync(body: SentFiles, caller: CurrentCaller) -> FileChanges:
    """Make the rules of a repository those that its workflow files state, for one that Logloop cannot read.

    A repository that is read from GitHub is rejected: GitHub runs what is there.
    """
    await caller.may_create(body.project_id)
    if await caller.stores.workflows.is_read(body.project_id, body.repository):
        raise Conflict(f"Logloop reads {body.repository} from GitHub; push the files instead")
    where = FileOrigin(body.repository, "upload", body.commit)
    texts = {path: StoredText(text) for path, text in _texts(body.files).items()}
    plan = await caller.services.workflow_sync.apply(body.project_id, where, texts)
    await caller.record_change("sync", "workflow-files", body.repository, body.project_id)
    return _changes(plan)


@router.post("/check", summary="Check workflow files", operation_id="workflow_check", responses=body_problems(404))
async def check(body: FilesToCheck, caller: CurrentCaller) -> FileCheck:
    """Return what is wrong in workflow files, and what sending them would change. Nothing is stored."""
    caller.may_read(body.project_id)
    texts = _texts(body.files)
    files = await asyncio.to_thread(_read, texts)
    stated = [condition for file in files for condition in stated_in(file)]
    if body.repository is not None:
        where = FileOrigin(body.repository, "upload")
        changes = _changes(await caller.services.workflow_sync.plan(body.project_id, where, texts))
        return FileCheck(**changes.model_dump(), stated=stated)
    templates = await caller.stores.templates.all({"project_id": body.project_id})
    found = [violation for file in files for violation in lint_without_repository(file, templates)]
    return FileCheck(repository=None, violations=found, stated=stated)


def _read(texts: dict[str, str]) -> list[WorkflowFile]:
    return [read_workflow(path, text) for path, text in sorted(texts.items())]


@router.post(
    "/when", summary="Evaluate a workflow file", operation_id="workflow_evaluate", responses=body_problems(404, 502)
)
async def when(body: FileToEvaluate, caller: CurrentCaller) -> WhenResult:
    """Evaluate the condition of a workflow file on stored logs and show which parts hold. Nothing is started."""
    caller.may_read(body.project_id)
    file = await asyncio.to_thread(read_workflow, body.file.path, body.file.text)
    own = {"project_id": body.project_id}
    records = ProjectRecords(
        await caller.stores.pipelines.all(own),
        await caller.stores.templates.all(own),
        await caller.stores.workflows.of_project(body.project_id),
    )
    result = WhenResult(violations=list(file.violations))
    condition = next((item for item in file.conditions if item.key == "when"), None)
    if condition is None or condition.on != "logs":
        raise Unprocessable(
            "the file has no valid LOGLOOP_WHEN on logs",
            errors=[{"field": f"{item.line}:{item.column}", "reason": item.message} for item in result.violations],
        )
    if body.repository is not None:
        made = drafts_of(file, FileOrigin(body.repository, "upload"), records)
        result.violations = made.violations
        if not made.violations:
            action = made.drafts[0].action
            result.pipeline_id, result.template_id = action.pipeline_id, action.template_id
    rule = condition_rule(condition)
    params = {"q": "", "since": body.since, "until": body.until, "order": "asc"}
    logs = caller.services.query.export(body.project_id, params)
    try:
        async with back_test_slot(caller.services, body.project_id):
            evaluated, values = await evaluate_stored(rule, project_id=body.project_id, logs=logs)
    finally:
        await logs.aclose()
    result.evaluation = evaluated
    template = next((item for item in records.templates if item.id == result.template_id), None)
    if template is not None and evaluated.holds:
        try:
            result.values = template.render({**values, "project.id": body.project_id})
        except BadPayload as error:
            result.violations.append(
                Violation(path=file.path, line=condition.at.line, column=condition.at.column, message=str(error))
            )
    return result
