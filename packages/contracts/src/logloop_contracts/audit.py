"""Changes that a service reports to query, which keeps the audit trail."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from logloop_contracts.log_entry import ProjectId


class AuditedChange(BaseModel):
    """Who changed what. It holds the names of changed fields and no values, because values may be secret."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    id: str = Field(min_length=1, max_length=64, description="A change that is reported again is kept once.")
    at: AwareDatetime
    actor_kind: Literal["user", "key", "service", "anonymous"]
    actor_id: str = Field(max_length=200)
    actor_name: str = Field(max_length=200)
    ip: str | None = Field(None, max_length=64)
    action: str = Field(max_length=64, examples=["rule.update"])
    kind: str = Field(max_length=64, examples=["rule"])
    record_id: str = Field(max_length=200)
    project_id: ProjectId | None = None
    changed: list[str] = Field(default_factory=list, max_length=100)
