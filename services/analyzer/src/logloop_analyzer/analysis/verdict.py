"""How sure a report may be: decided from measured evidence by code, never by a model.

It must not look at text.
"""

from logloop_contracts.analyses import Verdict

from logloop_analyzer.evidence import Evidence, RankedFinding

_DECISIVE_SURPRISE = 4.0
_DECISIVE_SHARE = 0.6
_DECISIVE_TRACES = 3
_CAPS: dict[Verdict, float] = {"confirmed": 0.95, "likely": 0.75, "insufficient": 0.3}


def decide(evidence: Evidence) -> Verdict:
    """`insufficient`: nothing beyond chance. `confirmed`: what ranks first also came first. Else `likely`."""
    strong = [item for item in evidence.findings if item.strong]
    if not strong:
        return "insufficient"
    return "confirmed" if _decisive(evidence.findings[0], evidence) else "likely"


def _decisive(top: RankedFinding, evidence: Evidence) -> bool:
    """First in most failing traces, or the earliest of all strong changes; an absence alone explains nothing."""
    if not top.strong or not evidence.comparable or top.surprise < _DECISIVE_SURPRISE:
        return False
    if top.finding.kind == "vanished_pattern":
        return False
    if top.failing_traces >= _DECISIVE_TRACES:
        return top.first_in_traces >= _DECISIVE_SHARE
    return top.earliest


def after_model(verdict: Verdict, *, cause_found: bool, claims: int) -> Verdict:
    """A model may lower the verdict, never raise it."""
    if verdict == "confirmed" and not (cause_found and claims):
        return "likely"
    return verdict


def confidence_cap(verdict: Verdict) -> float:
    """Highest confidence that a claim may have, 0 to 1."""
    return _CAPS[verdict]
