"""Decides from measured evidence how certain a report is; a model can only lower the verdict."""

from logloop_contracts.analyses import Verdict

from logloop_analyzer.evidence import Evidence, RankedFinding

_DECISIVE_SURPRISE = 4.0
_DECISIVE_SHARE = 0.6
_DECISIVE_TRACES = 3
_CAPS: dict[Verdict, float] = {"confirmed": 0.95, "likely": 0.75, "insufficient": 0.3}


def decide_verdict(evidence: Evidence) -> Verdict:
    """Return `insufficient` if no change is significant, `confirmed` if the top finding came first, else `likely`."""
    strong = [item for item in evidence.findings if item.strong]
    if not strong:
        return "insufficient"
    return "confirmed" if _is_decisive(evidence.findings[0], evidence) else "likely"


def _is_decisive(top: RankedFinding, evidence: Evidence) -> bool:
    """Return whether a change came first in most failing traces, or else earliest of all; an absence never counts."""
    if not top.strong or not evidence.comparable or top.surprise < _DECISIVE_SURPRISE:
        return False
    if top.finding.kind == "vanished_pattern":
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
