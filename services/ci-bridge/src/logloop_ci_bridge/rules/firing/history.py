"""How often a rule fired or did not fire, by hour and gate."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import BaseModel, Field

from logloop_ci_bridge.rules.evaluation.evaluation import Evaluation

KEPT = timedelta(days=7)
_MAX_DETAIL = 300


class Latest(BaseModel):
    """The latest evaluation of an hour with an outcome."""

    at: datetime
    subject_id: str | None = Field(None, description="Log, analysis or run id.")
    detail: str | None = None


class Hour(BaseModel):
    """The evaluations of a rule within an hour. Evaluations of batches in which nothing came near are not counted."""

    at: datetime = Field(description="Start of the hour.")
    counts: dict[str, int] = Field(
        description="By outcome: fired, dry_run, no_match, or the gate that was closed.",
        examples=[{"fired": 1, "cooldown": 31, "no_match": 4}],
    )
    latest: dict[str, Latest] = Field(default_factory=dict, description="The latest evaluation with each outcome.")


@dataclass
class HourOfRule:
    """What is added to an hour of a rule."""

    rule_id: str
    project_id: str
    at: datetime
    counts: Counter[str] = field(default_factory=Counter)
    latest: dict[str, Latest] = field(default_factory=dict)

    def add(self, evaluation: Evaluation) -> None:
        """Count an evaluation."""
        name = evaluation.gate or evaluation.outcome
        self.counts[name] += 1
        detail = evaluation.detail and evaluation.detail[:_MAX_DETAIL]
        self.latest[name] = Latest(at=evaluation.at, subject_id=evaluation.subject_id, detail=detail)


def hour_of(moment: datetime) -> datetime:
    """Return the start of the hour of a moment."""
    return moment.replace(minute=0, second=0, microsecond=0)
