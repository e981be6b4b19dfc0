"""A workflow file as it was last read, and where the files of a repository come from."""

from datetime import datetime
from typing import Literal

from logloop_contracts.conditions.names import Subject
from logloop_contracts.workflow_files.workflow_file import Violation, WorkflowFile
from pydantic import BaseModel, Field

Origin = Literal["repository", "upload"]


class StatedCondition(BaseModel):
    """A condition as a workflow file states it."""

    path: str
    key: str = Field(description="when, or on_result.0 for the first entry of LOGLOOP_ON_RESULT.", examples=["when"])
    on: Subject
    condition: str = Field(description="A CEL expression.")
    line: int
    column: int
    window: str | None = None
    cooldown: str | None = None
    starts: str | None = Field(
        None,
        description="The pipeline or event type that a reaction starts; null when it starts the workflow itself.",
    )


def stated_in(file: WorkflowFile) -> list[StatedCondition]:
    """Return the conditions of a file."""
    return [
        StatedCondition(
            path=file.path,
            key=item.key,
            on=item.on,
            condition=item.source,
            line=item.at.line,
            column=item.at.column,
            window=item.window,
            cooldown=item.cooldown,
            starts=(item.reaction.pipeline or item.reaction.event_type) if item.reaction else None,
        )
        for item in file.conditions
    ]


class WorkflowRecord(BaseModel):
    """A workflow file of a repository, with what is wrong in it. A file without violations has its rules in force."""

    id: str
    project_id: str
    repository: str = Field(examples=["acme/shop"])
    path: str = Field(examples=[".github/workflows/diagnose.yml"])
    origin: Origin
    commit: str | None = Field(None, description="Commit that the file was read at.")
    conditions: int = Field(description="Conditions in the file: LOGLOOP_WHEN and each entry of LOGLOOP_ON_RESULT.")
    violations: list[Violation] = Field(
        default_factory=list,
        description="What is wrong. Until it is mended, the rules of the last version without violations stay.",
    )
    event_types: list[str] | None = Field(
        None, description="Types of repository_dispatch that start it; empty for all, null for none."
    )
    emitted: list[str] = Field(default_factory=list, description="Event types that its steps send themselves.")
    starts: list[str] = Field(default_factory=list, description="Workflow files that its steps start themselves.")
    read_at: datetime
    created_at: datetime

    @property
    def name(self) -> str:
        """The name of the file without its folder."""
        return self.path.rpartition("/")[2]

    def listens_to(self, event_type: str) -> bool:
        """Return whether the file names this event type."""
        return event_type in (self.event_types or ())


class RepositoryState(BaseModel):
    """A repository that Logloop reads workflow files from."""

    repository: str
    commit: str | None = Field(None, description="The commit of the default branch that was read last.")
    read_at: datetime | None = None
    error: str | None = Field(None, description="Why the latest attempt to read it failed.")
