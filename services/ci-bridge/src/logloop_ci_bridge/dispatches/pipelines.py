"""Pipelines: which workflow of which repository a service's actions start.

It must not know rules or speak to GitHub.
"""

from datetime import datetime
from typing import Annotated, Literal, Self

from logloop_contracts.log_entry import ServiceId
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from logloop_ci_bridge.dispatches.templates import EventType

Mode = Literal["repository_dispatch", "workflow_dispatch"]


def _no_dots(repository: str) -> str:
    if repository.partition("/")[2] in (".", ".."):
        raise ValueError(f"{repository!r} is no repository")
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
    """What a person writes."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100, examples=["Checkout: collect diagnostics"])
    service_id: ServiceId = Field(description="Service it is for; the run's output becomes logs of this service.")
    repository: Repository
    mode: Mode = "repository_dispatch"
    workflow: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9._-]{1,200}\.ya?ml$",
        description="Workflow file, such as diagnose.yml. Needed for workflow_dispatch; for repository_dispatch it "
        "names the workflow that answers, so that runs can be told apart.",
        examples=["diagnose.yml"],
    )
    event_type: EventType | None = Field(None, description="For repository_dispatch without a template.")
    ref: str = Field(
        "main",
        min_length=1,
        max_length=250,
        pattern=r"^[^\s~^:?*\[\\]+$",
        description="Branch or tag of a workflow_dispatch; repository_dispatch always runs the default branch.",
    )
    correlation_input: str | None = Field(
        "logloop_correlation_id",
        pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,99}$",
        description="Input of the workflow that takes the correlation id of a workflow_dispatch; "
        "null when the workflow declares none.",
    )
    collect_logs: Literal["dispatched", "all"] = Field(
        "dispatched",
        description="Whose runs come back as logs: those Logloop started, or every run of `workflow` that "
        "a webhook tells of.",
    )

    @model_validator(mode="after")
    def _workflow_is_named(self) -> Self:
        if self.mode == "workflow_dispatch" and self.workflow is None:
            raise ValueError("workflow_dispatch needs `workflow`, the file to start, such as diagnose.yml")
        return self


class Pipeline(PipelineDraft):
    """A stored pipeline."""

    id: str
    project_id: str
    revision: int = 1
    created_at: datetime
    updated_at: datetime
