"""The kill switch: while it is on, no rule fires and nothing is sent to GitHub."""

from datetime import datetime

from pydantic import BaseModel, Field


class Pause(BaseModel):
    """Who switched dispatching off, and why."""

    by: str
    at: datetime
    reason: str = ""


class PauseState(BaseModel):
    """Whether a project's rules and dispatches are held."""

    paused: bool
    project: Pause | None = Field(None, description="Set while this project is paused.")
    everything: Pause | None = Field(None, description="Set while the whole installation is paused.")

    @property
    def sentence(self) -> str:
        """Why nothing is sent, in words."""
        pause, what = (self.everything, "the installation") if self.everything else (self.project, "the project")
        if pause is None:
            return "nothing is paused"
        return f"{what} is paused by {pause.by} since {pause.at:%Y-%m-%d %H:%M}Z" + (
            f": {pause.reason}" if pause.reason else ""
        )
