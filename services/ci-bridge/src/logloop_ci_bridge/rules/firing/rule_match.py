"""A rule whose condition holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from logloop_ci_bridge.rules.evaluation.evaluation import Evaluation
from logloop_ci_bridge.rules.firing.matched_lines import MatchedLine
from logloop_ci_bridge.rules.rule import Origin, Rule


@dataclass(frozen=True)
class RuleMatch:
    """A rule that matched. `first` is the id of the log, analysis or run, and `at` its time."""

    rule: Rule
    first: str
    at: datetime
    values: Mapping[str, Any]
    origin: Origin
    evaluation: Evaluation
    link: str
    """The page of the log, analysis or run; its last part is the id."""
    lines: Sequence[MatchedLine] = ()
