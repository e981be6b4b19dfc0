"""Payloads about records: what happened to the things that services keep, as far as others must know.

It must not know how anything is stored.
"""

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from logloop_contracts.log_entry import ProjectId


class ProjectDeleted(BaseModel):
    """A project is deleted for good: whoever keeps something of it removes that now.

    The same deletion may be told several times. The id may be given to a new project afterwards, so only what
    was there at `deleted_at` is removed.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    project_id: ProjectId
    deleted_at: AwareDatetime = Field(description="What was created later belongs to a new project of this id.")
