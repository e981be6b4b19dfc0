"""A workflow file as it was last read, and where the files of a repository come from."""

from datetime import datetime
from typing import Literal

from logloop_contracts.workflow_files.workflow_file import Violation
from pydantic import BaseModel, Field

Origin = Literal["repository", "upload"]


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
