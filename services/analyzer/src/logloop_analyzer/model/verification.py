"""Checks a model's answer against the evidence: what cannot be traced to a line is dropped and counted.

It must not ask a model. A citation counts when its id is in the pack and the quoted words stand in a cited line.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from logloop_contracts.analyses import Claim, EvidenceLine
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from logloop_analyzer.model.evidence_pack import Pack, PackLine
from logloop_analyzer.model.prompts import MAX_CLAIMS, MAX_STEPS
from logloop_analyzer.text.redaction import Redactor
from logloop_analyzer.text.sanitise import shorten, visible

_MIN_QUOTE = 3
_QUOTES = "\"'`\u2018\u2019\u201c\u201d"
_MAX_TEXT = 1_000
_MAX_SUMMARY = 4_000
_MARK = re.compile(r"\[\s*(E\d{1,4}(?:\s*[,;]\s*E\d{1,4})*)\s*\]")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+(?=[A-Z\"'<(])|\n+")
_LINK = re.compile(
    r"!?\[([^\]\n]{0,300})\]\([^)\n]{0,1000}\)|(?:https?|ftp|file|data|javascript)://?\S{1,500}", re.IGNORECASE
)


class _Claim(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    text: Annotated[str, Field(min_length=1)]
    evidence: list[str] = Field(default_factory=list)
    quote: str = ""
    confidence: float = Field(0.5, allow_inf_nan=False)


class _Answer(BaseModel):
    """What a model has to give; unknown fields are ignored."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    summary: str
    claims: list[_Claim]
    cause_found: bool = True
    next_steps: list[str] = Field(default_factory=list)


@dataclass(frozen=True)
class Verified:
    """What is left of an answer. `summary` is empty when none of its sentences could be traced.

    `cited_summary` is the same text with `[log:<id>]` after each sentence, or the claims so marked without one.
    """

    summary: str
    cited_summary: str
    claims: tuple[Claim, ...]
    cause_found: bool
    next_steps: tuple[str, ...]
    dropped: int
    cited: tuple[EvidenceLine, ...]


def check_shape(value: Mapping[str, Any]) -> None:
    """Raise ValueError that says what is wrong when an answer does not have the shape that was asked for."""
    try:
        answer = _Answer.model_validate(value)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()[:5])
        raise ValueError(wrong) from error
    if not answer.claims and not answer.summary.strip():
        raise ValueError("summary and claims are both empty")


def verify(value: Mapping[str, Any], pack: Pack, redactor: Redactor, *, confidence_cap: float) -> Verified:
    """Keep the claims whose citations hold, and the sentences of the summary that rest on them alone."""
    answer = _Answer.model_validate(value)
    kept, trusted = [], set[str]()
    for claim in answer.claims[:MAX_CLAIMS]:
        ids = _valid(claim, pack)
        if not ids:
            continue
        trusted.update(ids)
        kept.append(
            Claim(
                text=_clean(claim.text, redactor, _MAX_TEXT),
                citations=[pack.by_id[eid].line.id for eid in ids],
                confidence=round(min(max(claim.confidence, 0.0), confidence_cap), 2),
            )
        )
    sentences, lost = _summary(answer.summary, trusted, redactor)
    marked = [_marked(text, [pack.by_id[eid].line.id for eid in ids]) for text, ids in sentences]
    marked = marked or [_marked(claim.text, claim.citations) for claim in kept]
    cited = tuple(line.evidence for line in pack.lines if line.eid in trusted)
    steps = tuple(_clean(step, redactor, 300) for step in answer.next_steps[:MAX_STEPS] if step.strip())
    dropped = len(answer.claims) - len(kept) + lost
    return Verified(
        summary=" ".join(text for text, _ in sentences),
        cited_summary=" ".join(marked),
        claims=tuple(kept),
        cause_found=answer.cause_found and bool(kept),
        next_steps=steps,
        dropped=dropped,
        cited=cited,
    )


def _marked(text: str, log_ids: Sequence[str]) -> str:
    return " ".join([text, *(f"[log:{log_id}]" for log_id in log_ids)])


def _valid(claim: _Claim, pack: Pack) -> list[str]:
    """The cited ids of a claim, none when an id is unknown or the quote stands in no cited line."""
    ids = list(dict.fromkeys(eid.strip() for eid in claim.evidence))
    if not ids or any(eid not in pack.by_id for eid in ids):
        return []
    lines = [pack.by_id[eid] for eid in ids]
    if all(line.suspicious for line in lines):
        return []
    return ids if _quoted(claim.quote, lines) else []


def _quoted(quote: str, lines: Sequence[PackLine]) -> bool:
    wanted = _folded(quote.strip().strip(_QUOTES).removesuffix("…").removesuffix("..."))
    return len(wanted) >= _MIN_QUOTE and any(wanted in _folded(line.message) for line in lines)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _summary(text: str, trusted: set[str], redactor: Redactor) -> tuple[list[tuple[str, list[str]]], int]:
    """Sentences that rest on trusted lines alone, with their evidence ids, and how many others there were."""
    kept, dropped = [], 0
    # A mark belongs to the sentence before it, also when the full stop comes first: "It failed. [E1]"
    joined = re.sub(r"([.!?])\s*(\[\s*E\d[^\]]{0,200}\])", r" \2\1", text[:_MAX_SUMMARY])
    for sentence in _SENTENCE_END.split(joined):
        if not sentence.strip():
            continue
        ids = list(dict.fromkeys(eid for mark in _MARK.findall(sentence) for eid in re.split(r"\s*[,;]\s*", mark)))
        if ids and trusted.issuperset(ids):
            plain = re.sub(r"\s+([.!?,;])", r"\1", _MARK.sub("", sentence))
            kept.append((_clean(plain, redactor, _MAX_TEXT), ids))
        else:
            dropped += 1
    return kept, dropped


def _clean(text: str, redactor: Redactor, limit: int) -> str:
    """A model's words as people may see them: visible, without links, personal placeholders undone."""
    plain = _LINK.sub(lambda found: found.group(1) or "(link removed)", visible(text))
    return shorten(redactor.restore(_MARK.sub("", plain)).strip(), limit)
