"""Pipelines: the workflow of a repository that dispatches of a service start."""

from typing import Annotated, Literal, Self

from logloop_contracts.emulation import MAX_WORKFLOW
from logloop_contracts.log_entry import ServiceId
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from logloop_ci_bridge.dispatches.templates import EventType
from logloop_ci_bridge.record import Record

Mode = Literal["repository_dispatch", "workflow_dispatch", "emulated"]


def _no_dots(repository: str) -> str:
    if repository.partition("/")[2] in (".", ".."):
        raise ValueError(f"invalid repository {repository!r}; write owner/name")
    return repository


Repository = Annotated[
    str,
    AfterValidator(_no_dots),
    Field(
        pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/[A-Za-z0-9._-]{1,100}$",
        examples=["acme/shop"],
        description="owner/name on GitHub.",
    ),
]


class PipelineDraft(BaseModel):
    """The fields of a pipeline that users write."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100, examples=["Checkout: collect diagnostics"])
    service_id: ServiceId = Field(
        description="Service it belongs to; the output of its runs becomes logs of this service."
    )
    repository: Repository
    mode: Mode = "repository_dispatch"
    workflow: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9._-]{1,200}\.ya?ml$",
        description="Workflow file, such as diagnose.yml. Required for workflow_dispatch; for repository_dispatch it "
        "names the workflow that the event starts, so that its runs can be identified.",
        examples=["diagnose.yml"],
    )
    template_id: str | None = Field(
        None,
        max_length=64,
        description="Template of dispatches that name none: the parameters of the workflow.",
    )
    event_type: EventType | None = Field(None, description="Event type of a repository_dispatch without a template.")
    ref: str = Field(
        "main",
        min_length=1,
        max_length=250,
        pattern=r"^[^\s~^:?*\[\\]+$",
        description="Branch or tag of a workflow_dispatch; repository_dispatch always uses the default branch.",
    )
    correlation_input: str | None = Field(
        "logloop_correlation_id",
        pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,99}$",
        description="Workflow input for the correlation id of a workflow_dispatch; "
        "null when the workflow does not declare one.",
    )
    workflow_text: str | None = Field(
        None,
        min_length=1,
        max_length=MAX_WORKFLOW,
        description="The text of the workflow file that the emulator runs; required for `emulated`. It runs only "
        "after an administrator has approved exactly this text.",
    )
    collect_logs: Literal["dispatched", "all"] = Field(
        "dispatched",
        description="Runs whose output is collected as logs: those that Logloop started, or every run of "
        "`workflow` that a webhook reports.",
    )

    @model_validator(mode="after")
    def _workflow_is_named(self) -> Self:
        if self.mode == "workflow_dispatch" and self.workflow is None:
            raise ValueError("workflow_dispatch needs `workflow`, the file of the workflow, such as diagnose.yml")
        if (self.mode == "emulated") != (self.workflow_text is not None):
            raise ValueError("`workflow_text` belongs to mode `emulated`, which needs it")
        return self


class Pipeline(PipelineDraft, Record):
    """A stored pipeline."""
