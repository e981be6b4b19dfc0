"""Why a rule started a dispatch: what its condition saw, and how far its gates were from closing."""

from datetime import datetime

from pydantic import BaseModel, Field, JsonValue


class SeenClause(BaseModel):
    """A clause of the condition, which was true, and the values that it read."""

    text: str = Field(examples=["stats.count > 5"])
    values: dict[str, JsonValue] = Field(default_factory=dict, examples=[{"stats.count": 6}])


class GateValues(BaseModel):
    """The gates of a rule when it fired. Counts are those before this dispatch."""

    cooldown: str = Field(examples=["15m"])
    last_fired_at: datetime | None = Field(None, description="When it fired before, within the last day.")
    hop: int
    max_hops: int
    fired_last_hour: int
    per_hour: int
    fired_last_day: int
    per_day: int


class Reason(BaseModel):
    """Why a rule fired."""

    at: datetime = Field(description="When the rule was evaluated.")
    matched: int = Field(description="Logs of the batch that passed the filter and the per-log clauses.")
    clauses: list[SeenClause] = Field(default_factory=list)
    stats: dict[str, float] | None = Field(None, description="Statistics of the window.")
    gates: GateValues | None = None
