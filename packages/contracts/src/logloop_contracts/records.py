"""Event payloads about records, such as projects."""

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from logloop_contracts.log_entry import ProjectId


class ProjectDeleted(BaseModel):
    """A project was deleted; every service removes its data of that project.

    The event may be published several times. A new project may reuse the id, so consumers remove only data created
    before `deleted_at`.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    project_id: ProjectId
    deleted_at: AwareDatetime = Field(description="Data created later belongs to a new project with this id.")
