"""Decides from measured evidence how certain a report is; a model can only lower the verdict."""

from logloop_contracts.analyses import Verdict

from logloop_analyzer.evidence import ALARMING, STEPS, STRONG, Evidence, RankedFinding

_LEAD = 1.5
_CLEAR_SURPRISE = 3.5
"""A change of a count beyond this is not due to chance, although thousands of patterns are compared."""
_DECISIVE_SURPRISE = 4.0
_DECISIVE_SHARE = 0.6
_DECISIVE_TRACES = 3
_CAPS: dict[Verdict, float] = {"confirmed": 0.95, "likely": 0.75, "insufficient": 0.3}


def decide_verdict(evidence: Evidence) -> Verdict:
    """Return how certain the cause is, from the steps of services or, if none changed much, from counts.

    `insufficient` if no change is beyond chance, `confirmed` if one service stands out, else `likely`.
    """
    scores = [item.score for item in evidence.services]
    if scores and scores[0] >= STRONG:
        return "confirmed" if len(scores) == 1 or scores[0] >= _LEAD * scores[1] else "likely"
    if not any(_is_clear(item, evidence) for item in evidence.findings):
        return "insufficient"
    return "confirmed" if _is_decisive(evidence.findings[0], evidence) else "likely"


def _is_clear(item: RankedFinding, evidence: Evidence) -> bool:
    """Return whether a change is more than chance. New informational lines are not, as after a deployment."""
    if not item.strong or not evidence.comparable:
        return item.strong
    if item.finding.kind in {"vanished_pattern", "test_split"}:
        return True
    return item.severity in ALARMING and item.surprise >= _CLEAR_SURPRISE


def _is_decisive(top: RankedFinding, evidence: Evidence) -> bool:
    """Return whether a change came first in most failing traces, or else earliest of all; an absence never counts."""
    if not top.strong or not evidence.comparable or top.surprise < _DECISIVE_SURPRISE:
        return False
    if top.finding.kind == "vanished_pattern" or top.finding.kind in STEPS:
        return False
    if top.failing_traces >= _DECISIVE_TRACES:
        return top.first_in_traces >= _DECISIVE_SHARE
    return top.earliest


def lower_if_unsupported(verdict: Verdict, *, cause_found: bool, claims: int) -> Verdict:
    """Return `likely` instead of `confirmed` if the model found no cause or has no valid claim."""
    if verdict == "confirmed" and not (cause_found and claims):
        return "likely"
    return verdict


def confidence_cap(verdict: Verdict) -> float:
    """Return the maximum confidence of a claim, 0 to 1."""
    return _CAPS[verdict]
