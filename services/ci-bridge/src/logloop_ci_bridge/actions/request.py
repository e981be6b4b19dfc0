"""Requests of rules: an analysis, the repetition of failed jobs, the cancellation of a run.

pending → done | skipped | failed. A request may be carried out again after a crash; each kind recognises that its
effect exists.
"""

from datetime import datetime
from typing import Any, Literal

from logloop_contracts.analyses import keyed_analysis_id
from pydantic import BaseModel, Field

Kind = Literal["analyze", "rerun_failed", "cancel_run"]
State = Literal["pending", "done", "skipped", "failed"]
MAX_ATTEMPTS = 8


class ActionRequest(BaseModel):
    """Something that a rule requested, and its outcome."""

    id: str
    project_id: str
    kind: Kind
    state: State = "pending"
    values: dict[str, Any] = Field(description="What is requested: the window of an analysis, or the run.")
    rule_id: str
    rule_name: str
    cause: str = Field(description="Id of the log, analysis or run that the rule matched.")
    hop: int = Field(description="Number of earlier steps in its chain.")
    rules: list[str] = Field(description="Rules of its chain, this one included.")
    correlation_id: str | None = Field(None, description="That of the dispatch that caused the match.")
    analysis_id: str | None = Field(None, description="The analysis that was requested.")
    created_at: datetime
    next_attempt_at: datetime | None
    attempts: int = 0
    finished_at: datetime | None = None
    detail: str | None = Field(None, description="Why it failed, was skipped, or waits.")

    def model_post_init(self, _: Any) -> None:
        """Set the id of the analysis, which is known before it is requested."""
        if self.kind == "analyze" and self.analysis_id is None:
            self.analysis_id = keyed_analysis_id(self.project_id, self.id)
