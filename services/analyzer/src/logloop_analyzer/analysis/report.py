"""Builds a report from measured evidence, and adds a model's verified answer to it."""

from dataclasses import dataclass

from logloop_chassis.text.redaction import Redactor
from logloop_contracts.analyses import Baseline, Claim, EvidenceLine, Finding, ModelUsage, Report, Verdict

from logloop_analyzer.analysis.baselines import WORDS
from logloop_analyzer.analysis.verdict import confidence_cap, decide_verdict, lower_if_unsupported
from logloop_analyzer.evidence import STEPS, Evidence, RankedFinding
from logloop_analyzer.model.evidence_pack import PackedLine, display_lines, display_title
from logloop_analyzer.model.verification import VerifiedAnswer
from logloop_analyzer.text.commands import plain_name

NO_PROVIDER = "no model provider is set for this project; the report is based on measurements alone"
UNSUPPORTED = "the model's answer cited no line that supports it; the report is based on measurements alone"
_CLAIMS = 4
_ALSO = {*STEPS, "new_pattern", "burst", "vanished_pattern"}
_STEPS = {
    "broken_step": "Look in {service} for what prevents the expected line, from {time} UTC on.",
    "slow_step": "Look in {service} for what takes time between the two lines, from {time} UTC on.",
    "new_pattern": "Check deployments of {service} and requests to it shortly before {time} UTC.",
    "burst": "Compare the load and dependencies of {service} before and after {time} UTC.",
    "vanished_pattern": "Check whether {service} still runs and has reached its queue or scheduler since {time} UTC.",
    "first_error": "Open a failing trace of {service} and follow it upstream.",
    "error_rate": "Split the errors of {service} by version and host.",
    "test_split": "Run the failing test alone and compare it with its last passing run.",
    "service_split": "Start with {service}, which logs most of these errors.",
    "suspicious_text": "Find out who can write the suspicious lines of {service}.",
}


@dataclass(frozen=True)
class LogCoverage:
    """How many logs were read, and what the limits left out."""

    logs: int
    baseline_logs: int
    baseline: Baseline
    left_out: str | None = None


def display_finding(item: RankedFinding, redactor: Redactor) -> Finding:
    """Return a finding as people see it. Pattern and test without secrets are unchanged: they can be searched for."""
    pattern, test = item.finding.pattern, item.finding.test_id
    return item.finding.model_copy(
        update={
            "title": display_title(item.finding, redactor),
            "pattern": pattern and redactor.mask(redactor.redact(pattern)),
            "test_id": test and redactor.mask(redactor.redact(test)),
        }
    )


def masked_report(report: Report, redactor: Redactor) -> Report:
    """Return a report in which a value that is masked in one place is masked in all texts."""
    mask = redactor.mask
    return report.model_copy(
        update={
            "summary": mask(report.summary),
            "claims": [item.model_copy(update={"text": mask(item.text)}) for item in report.claims],
            "findings": [
                item.model_copy(
                    update={
                        "title": mask(item.title),
                        "pattern": item.pattern and mask(item.pattern),
                        "test_id": item.test_id and mask(item.test_id),
                    }
                )
                for item in report.findings
            ],
            "evidence": [item.model_copy(update={"message": mask(item.message)}) for item in report.evidence],
            "next_steps": [mask(step) for step in report.next_steps],
            "degraded_reason": report.degraded_reason and mask(report.degraded_reason),
        }
    )


def measured_report(evidence: Evidence, redactor: Redactor, coverage: LogCoverage, reason: str | None) -> Report:
    """Return the report without a model; `reason` says why no model answered."""
    verdict = decide_verdict(evidence)
    lines = display_lines(evidence, redactor)
    stated = [item for item in evidence.findings if item.strong] if verdict != "insufficient" else []
    claims = [_claim(item, verdict, redactor) for item in stated[:_CLAIMS]]
    return Report(
        verdict=verdict,
        summary=_summary(evidence, coverage.baseline, verdict, redactor),
        claims=claims,
        findings=[display_finding(item, redactor) for item in evidence.findings],
        evidence=_evidence(lines, evidence),
        next_steps=_steps(evidence, verdict),
        mode="deterministic",
        degraded_reason=reason,
        logs_read=coverage.logs,
        baseline_logs_read=coverage.baseline_logs,
        baseline=coverage.baseline,
        left_out=coverage.left_out,
    )


def model_report(base: Report, verified: VerifiedAnswer, usage: ModelUsage, left_out: str | None) -> Report:
    """Return the same findings with a model's verified summary and claims."""
    verdict = lower_if_unsupported(base.verdict, cause_found=verified.cause_found, claims=len(verified.claims))
    known = {line.log_id for line in base.evidence}
    extra = [line for line in verified.cited if line.log_id not in known]
    parts = [part for part in (base.left_out, left_out) if part]
    return base.model_copy(
        update={
            "verdict": verdict,
            "summary": verified.summary or " ".join(claim.text for claim in verified.claims[:2]) or base.summary,
            "claims": list(verified.claims),
            "evidence": [*base.evidence, *extra],
            "next_steps": list(verified.next_steps) or base.next_steps,
            "mode": "model",
            "degraded_reason": None,
            "dropped_claims": verified.dropped,
            "left_out": "; ".join(parts) or None,
            "usage": usage,
        }
    )


def unsupported_report(base: Report, verified: VerifiedAnswer, usage: ModelUsage) -> Report:
    """Return the measured report when no statement of the model's answer was supported by a line."""
    return base.model_copy(
        update={
            "degraded_reason": UNSUPPORTED,
            "dropped_claims": verified.dropped,
            "usage": usage,
        }
    )


def _claim(item: RankedFinding, verdict: Verdict, redactor: Redactor) -> Claim:
    text = display_title(item.finding, redactor)
    confidence = min(confidence_cap(verdict), 0.5 + item.surprise / 20)
    return Claim(text=text + ".", citations=item.finding.evidence, confidence=round(confidence, 2))


def _evidence(lines: dict[str, PackedLine], evidence: Evidence) -> list[EvidenceLine]:
    order = dict.fromkeys(log_id for item in evidence.findings for log_id in item.finding.evidence)
    order |= dict.fromkeys(line.id for line in evidence.asked_about)
    return [lines[log_id].evidence for log_id in order]


def _summary(evidence: Evidence, baseline: Baseline, verdict: Verdict, redactor: Redactor) -> str:
    where = WORDS[baseline.kind]
    if not evidence.logs:
        before = f" There were {evidence.baseline_logs} {where}." if evidence.baseline_logs else ""
        return f"There are no logs in this window.{before} Widen the window or the search."
    compared = (
        f"compared with {evidence.baseline_logs} {where}"
        if evidence.comparable
        else f"with too few logs {where} to compare"
    )
    why = f", because {baseline.reason}" if baseline.reason else ""
    scope = f"Analysed {evidence.logs} logs, {compared}{why}."
    strong = [item for item in evidence.findings if item.strong and item.finding.kind != "service_split"]
    if not strong:
        return f"{scope} No change is statistically significant, so no cause can be named."
    if verdict == "insufficient":
        return f"{scope} The changes may be chance, so no cause can be named."
    top = strong[0]
    sentences = [f"Main finding: {display_title(top.finding, redactor, 400)}."]
    others = [item for item in strong[1:] if item.finding.kind in _ALSO][:2]
    sentences += [f"Also: {display_title(item.finding, redactor, 300)}." for item in others]
    if verdict == "confirmed":
        sentences.append(_origin_sentence(top))
    return " ".join([*sentences, scope])


def _origin_sentence(top: RankedFinding) -> str:
    if top.finding.kind in STEPS:
        return "No other service changed and failed first nearly as much, so it is the likely origin."
    if top.failing_traces:
        share = round(top.first_in_traces * top.failing_traces)
        return f"In {share} of {top.failing_traces} failing traces it came first, so it is the likely origin."
    return "It began before all other changes, so it is the likely origin."


def _steps(evidence: Evidence, verdict: Verdict) -> list[str]:
    if verdict == "insufficient":
        return ["Widen the window, or start it shortly before the problem was noticed."]
    relevant = (item for item in evidence.findings if item.strong or item.finding.kind == "suspicious_text")
    return list(dict.fromkeys(_step(item) for item in relevant))[:3]


def _step(item: RankedFinding) -> str:
    seen = item.finding.first_seen
    return _STEPS[item.finding.kind].format(
        service=plain_name(item.finding.service_id, "the service of this finding"),
        time=seen.strftime("%H:%M:%S") if seen else "this time",
    )
