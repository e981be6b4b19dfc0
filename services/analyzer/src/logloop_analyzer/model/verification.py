"""Checks a model's answer against the evidence and drops what no cited line supports.

A citation is valid if its id is in the pack and the quoted words occur in a cited line.
"""

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from logloop_chassis.text.redaction import Redactor
from logloop_chassis.text.sanitise import sanitise, shorten
from logloop_contracts.analyses import Claim, EvidenceLine
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from logloop_analyzer.model.evidence_pack import EvidencePack, PackedLine
from logloop_analyzer.model.prompts import MAX_CLAIMS, MAX_STEPS
from logloop_analyzer.text.commands import is_plain_prose

_MIN_QUOTE = 3
_QUOTES = "\"'`\u2018\u2019\u201c\u201d"
_MAX_TEXT = 1_000
_MAX_SUMMARY = 4_000
_CITATION = re.compile(r"\[\s*(E\d{1,4}(?:\s*[,;]\s*E\d{1,4})*)\s*\]")
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
    """The expected answer; unknown fields are ignored."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    summary: str
    claims: list[_Claim]
    cause_found: bool = True
    next_steps: list[str] = Field(default_factory=list)


@dataclass(frozen=True)
class VerifiedAnswer:
    """The supported part of an answer. `summary` is empty if no sentence is supported.

    `cited_summary` is the summary, or else the claims, with `[log:<id>]` after each sentence.
    """

    summary: str
    cited_summary: str
    claims: tuple[Claim, ...]
    cause_found: bool
    next_steps: tuple[str, ...]
    dropped: int
    cited: tuple[EvidenceLine, ...]


def check_shape(value: Mapping[str, Any]) -> None:
    """Raise ValueError with the reason if an answer does not have the expected shape."""
    try:
        answer = _Answer.model_validate(value)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()[:5])
        raise ValueError(problems) from error
    if not answer.claims and not answer.summary.strip():
        raise ValueError("summary and claims are both empty")


def verify(
    value: Mapping[str, Any], pack: EvidencePack, redactor: Redactor, *, confidence_cap: float
) -> VerifiedAnswer:
    """Return the claims with valid citations, and the summary sentences that cite only lines of these claims."""
    answer = _Answer.model_validate(value)
    kept, trusted = [], set[str]()
    for claim in answer.claims[:MAX_CLAIMS]:
        ids = _valid_ids(claim, pack)
        if not ids:
            continue
        trusted.update(ids)
        kept.append(
            Claim(
                text=_clean(claim.text, redactor, _MAX_TEXT),
                citations=pack.log_ids(ids),
                confidence=round(min(max(claim.confidence, 0.0), confidence_cap), 2),
            )
        )
    sentences, dropped_sentences = _summary(answer.summary, trusted, redactor)
    with_ids = [_with_log_ids(text, pack.log_ids(ids)) for text, ids in sentences]
    with_ids = with_ids or [_with_log_ids(claim.text, claim.citations) for claim in kept]
    cited = tuple(line.evidence for line in pack.lines if line.evidence_id in trusted)
    steps = (_clean(step, redactor, 300) for step in answer.next_steps[:MAX_STEPS] if is_plain_prose(step))
    dropped = len(answer.claims) - len(kept) + dropped_sentences
    return VerifiedAnswer(
        summary=" ".join(text for text, _ in sentences),
        cited_summary=" ".join(with_ids),
        claims=tuple(kept),
        cause_found=answer.cause_found and bool(kept),
        next_steps=tuple(step for step in steps if step and is_plain_prose(step)),
        dropped=dropped,
        cited=cited,
    )


def _with_log_ids(text: str, log_ids: Sequence[str]) -> str:
    return " ".join([text, *(f"[log:{log_id}]" for log_id in log_ids)])


def _valid_ids(claim: _Claim, pack: EvidencePack) -> list[str]:
    """Return the cited ids of a claim; none if an id is unknown or no cited line contains the quote."""
    ids = list(dict.fromkeys(evidence_id.strip() for evidence_id in claim.evidence))
    if not ids or any(evidence_id not in pack.by_id for evidence_id in ids):
        return []
    lines = [pack.by_id[evidence_id] for evidence_id in ids]
    if all(line.suspicious for line in lines):
        return []
    return ids if _contains_quote(claim.quote, lines) else []


def _contains_quote(quote: str, lines: Sequence[PackedLine]) -> bool:
    wanted = _normalised(quote.strip().strip(_QUOTES).removesuffix("…").removesuffix("..."))
    sent = (line for line in lines if not line.suspicious)
    return len(wanted) >= _MIN_QUOTE and any(wanted in _normalised(line.message) for line in sent)


def _normalised(text: str) -> str:
    return " ".join(text.split()).casefold()


def _summary(text: str, trusted: set[str], redactor: Redactor) -> tuple[list[tuple[str, list[str]]], int]:
    """Return the sentences that cite only trusted lines, with their evidence ids, and the number of dropped ones."""
    kept, dropped = [], 0
    # A citation belongs to the sentence before it even if the full stop comes first: "It failed. [E1]"
    joined = re.sub(r"([.!?])\s*(\[\s*E\d[^\]]{0,200}\])", r" \2\1", text[:_MAX_SUMMARY])
    for sentence in _SENTENCE_END.split(joined):
        if not sentence.strip():
            continue
        cited = (re.split(r"\s*[,;]\s*", group) for group in _CITATION.findall(sentence))
        ids = list(dict.fromkeys(itertools.chain.from_iterable(cited)))
        if ids and trusted.issuperset(ids):
            plain = re.sub(r"\s+([.!?,;])", r"\1", _CITATION.sub("", sentence))
            kept.append((_clean(plain, redactor, _MAX_TEXT), ids))
        else:
            dropped += 1
    return kept, dropped


def _clean(text: str, redactor: Redactor, limit: int) -> str:
    """Return a model's words as people see them: sanitised and without links. What was masked stays masked."""
    plain = _LINK.sub(lambda found: found.group(1) or "(link removed)", sanitise(text))
    return shorten(redactor.restore(_CITATION.sub("", plain)).strip(), limit)
