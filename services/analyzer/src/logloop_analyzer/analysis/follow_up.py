"""Builds the reply to a follow-up question and adds its claims and lines to the earlier report."""

from collections.abc import Iterable, Sequence

from logloop_chassis.text.redaction import Redactor, safe_text
from logloop_contracts.analyses import Claim, EvidenceLine, ModelUsage, Report, ThreadMessage

from logloop_analyzer.evidence import Evidence
from logloop_analyzer.model.evidence_pack import display_lines
from logloop_analyzer.model.verification import VerifiedAnswer

MAX_CLAIMS = 40
MAX_EVIDENCE = 200
MAX_ANSWER = 20_000
_MAX_SHOWN = 300


def split_thread(
    question: str | None, earlier: Report | None, messages: Sequence[ThreadMessage]
) -> tuple[list[ThreadMessage], str | None]:
    """Return the conversation before the newest question, and that question."""
    newest = next((item.text for item in reversed(messages) if item.role == "user"), question)
    before = list(messages)
    while before and before[-1].role == "user":
        before.pop()
    head = [ThreadMessage(role="user", text=question)] if question else []
    if earlier is not None:
        text = " ".join([earlier.summary, *(claim.text for claim in earlier.claims)])
        head.append(ThreadMessage(role="assistant", text=f"(report, {earlier.verdict}) {text}"[:10_000]))
    return [*head, *before], newest


def measured_answer(evidence: Evidence, redactor: Redactor, base: Report, reason: str) -> str:
    """Return a reply without a model: the lines that share words with the question, and the measured claims."""
    shown = display_lines(evidence, redactor)
    parts = [f"No model answered: {reason}."]
    if evidence.asked_about:
        parts.append("These lines share words with your question:")
        for line in evidence.asked_about:
            text = safe_text(shown[line.id].message, redactor, _MAX_SHOWN)
            parts.append(f"- {line.timestamp:%H:%M:%S} {line.service_id} {line.severity}: {text} [log:{line.id}]")
    else:
        parts.append("No line shares a specific word with your question.")
    parts += [
        " ".join([f"Measured: {claim.text}", *(f"[log:{log_id}]" for log_id in claim.citations[:3])])
        for claim in base.claims[:2]
    ]
    return "\n".join(parts)[:MAX_ANSWER]


def extend_report(
    earlier: Report, claims: Iterable[Claim], lines: Iterable[EvidenceLine], usage: ModelUsage | None, dropped: int
) -> Report:
    """Return the earlier report with the claims and lines of a reply; verdict, summary and findings stay."""
    known = {claim.text for claim in earlier.claims}
    more = [*earlier.claims, *(claim for claim in claims if claim.text not in known)]
    ids = {line.log_id for line in earlier.evidence}
    evidence = [*earlier.evidence, *(line for line in lines if line.log_id not in ids)]
    return earlier.model_copy(
        update={
            "claims": more[:MAX_CLAIMS],
            "evidence": evidence[:MAX_EVIDENCE],
            "dropped_claims": earlier.dropped_claims + dropped,
            "usage": _add_usage(earlier.usage, usage),
        }
    )


def model_answer(verified: VerifiedAnswer) -> str:
    """Return the reply of a model, with the ids of the cited lines after each sentence."""
    return verified.cited_summary[:MAX_ANSWER]


def _add_usage(first: ModelUsage | None, second: ModelUsage | None) -> ModelUsage | None:
    if first is None or second is None:
        return first or second
    return second.model_copy(
        update={
            "input_tokens": first.input_tokens + second.input_tokens,
            "output_tokens": first.output_tokens + second.output_tokens,
            "calls": first.calls + second.calls,
            "seconds": round(first.seconds + second.seconds, 3),
        }
    )
