"""Builds the evidence pack: the findings and log lines that a model sees, with short ids, within a token budget."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
from logloop_chassis.text.redaction import Redactor, safe_text
from logloop_chassis.text.sanitise import sanitise
from logloop_contracts.analyses import EvidenceLine, Finding

from logloop_analyzer.evidence import Evidence, LogLine
from logloop_analyzer.evidence.prompt_injection import find_prompt_injection

BYTES_PER_TOKEN = 3.0
"""A conservative value: the tokenizers of the large providers give 3.2 to 4.1 for log text."""
MAX_MESSAGE = 800
MAX_ATTRIBUTES = 300
_MAX_FIELD = 200
_MAX_TITLE = 500
_MAX_QUOTED = 160
_WITHHELD = "(withheld: it looks like an instruction to a language model)"
_MIN_FINDINGS = 2_000
"""Bytes that findings may take even if the lines have used up the budget."""


@dataclass(frozen=True, slots=True)
class PackedLine:
    """A line and the JSON of it in the prompt.

    `message` is what people see. The prompt has it too, unless the line is suspicious: then no text of it is sent.
    """

    evidence_id: str
    line: LogLine
    message: str
    rendered: str
    suspicious: bool

    @property
    def evidence(self) -> EvidenceLine:
        """Return the line as a report shows it."""
        return EvidenceLine(
            log_id=self.line.id,
            timestamp=self.line.timestamp,
            service_id=self.line.service_id,
            severity=self.line.severity,
            message=self.message,
        )


@dataclass(frozen=True)
class EvidencePack:
    """Findings and lines for a prompt. Ids are E1, E2, … in the order of importance."""

    findings: tuple[str, ...]
    lines: tuple[PackedLine, ...]
    left_out: str | None
    by_id: Mapping[str, PackedLine] = field(default_factory=dict)

    @property
    def ids(self) -> list[str]:
        """Return every evidence id."""
        return [line.evidence_id for line in self.lines]

    def log_ids(self, evidence_ids: Iterable[str]) -> list[str]:
        """Return the log ids of known evidence ids."""
        return [self.by_id[evidence_id].line.id for evidence_id in evidence_ids]


def build_pack(evidence: Evidence, redactor: Redactor, token_budget: int) -> EvidencePack:
    """Return the most important evidence that fits into about `token_budget` tokens."""
    room = int(token_budget * BYTES_PER_TOKEN)
    lines: dict[str, PackedLine] = {}
    skipped = 0
    candidates = {line.id: line for line in _by_importance(evidence)}
    titles = [display_title(item.finding, redactor) for item in evidence.findings]
    suspicious = _suspicious([*map(_all_texts, candidates.values()), *titles])
    for line in candidates.values():
        packed_line = _line(f"E{len(lines) + 1}", line, redactor, suspicious=_all_texts(line) in suspicious)
        cost = len(packed_line.rendered.encode()) + 1
        if cost > room and lines:
            skipped += 1
            continue
        lines[line.id] = packed_line
        room -= cost
    findings: list[str] = []
    room = max(room, _MIN_FINDINGS)
    for number, (item, title) in enumerate(zip(evidence.findings, titles, strict=True), 1):
        text = _finding(number, item.finding, _WITHHELD if title in suspicious else title, lines)
        if len(text.encode()) + 1 > room and findings:
            break
        findings.append(text)
        room -= len(text.encode()) + 1
    packed = tuple(_masked(line, redactor) for line in lines.values())
    return EvidencePack(
        tuple(map(redactor.mask, findings)),
        packed,
        _left_out(evidence, len(findings), skipped),
        {p.evidence_id: p for p in packed},
    )


def _masked(line: PackedLine, redactor: Redactor) -> PackedLine:
    """Return a line without the values that were found to be secret in later lines."""
    return replace(line, message=redactor.mask(line.message), rendered=redactor.mask(line.rendered))


def learn_secrets(evidence: Evidence, redactor: Redactor) -> None:
    """Redact all texts of the evidence once, so that what is secret in one of them is masked in each from then on."""
    lines = [line for item in evidence.findings for line in item.lines]
    for line in [*lines, *evidence.asked_about, *evidence.context]:
        for text in (line.message, line.attributes, line.test_id, line.func_id):
            if text:
                redactor.redact(sanitise(text))
    for item in evidence.findings:
        for text in (item.finding.pattern, item.finding.test_id):
            if text:
                redactor.redact(sanitise(text))


def display_lines(evidence: Evidence, redactor: Redactor) -> dict[str, PackedLine]:
    """Return the lines of findings and those about the question, by log id, as people see them."""
    lines = {line.id: line for item in evidence.findings for line in item.lines}
    lines |= {line.id: line for line in evidence.asked_about}
    shown = {log_id: _line("", line, redactor, suspicious=False) for log_id, line in lines.items()}
    return {log_id: _masked(line, redactor) for log_id, line in shown.items()}


def display_title(finding: Finding, redactor: Redactor, limit: int = _MAX_TITLE) -> str:
    """Return a title without secrets.

    A title quotes its pattern with the middle cut out. If the pattern holds a secret, the cut may have left a half of
    it that no rule recognises, so the quotation is made again from the redacted pattern.
    """
    title, pattern = finding.title, finding.pattern
    if pattern and redactor.mask(redactor.redact(pattern)) != pattern:
        start, end = title.find("'"), title.rfind("'")
        if 0 <= start < end:
            title = f"{title[: start + 1]}{safe_text(pattern, redactor, _MAX_QUOTED)}{title[end:]}"
    return safe_text(title, redactor, limit)


def _by_importance(evidence: Evidence) -> Iterable[LogLine]:
    """Yield the first line of each finding, lines about the question, other lines of findings, then context."""
    yield from (item.lines[0] for item in evidence.findings if item.lines)
    yield from evidence.asked_about
    most = max((len(item.lines) for item in evidence.findings), default=0)
    for depth in range(1, most):
        for item in evidence.findings:
            if depth < len(item.lines):
                yield item.lines[depth]
    yield from evidence.context


def _all_texts(line: LogLine) -> str:
    return "\n".join(filter(None, (line.message, line.attributes, line.test_id, line.func_id)))


def _suspicious(texts: Sequence[str]) -> set[str]:
    """Return the texts that look like instructions to a model. One call for all of them: it compiles expressions."""
    flags = find_prompt_injection(pa.array(texts, pa.utf8())).to_pylist()
    return {text for text, flag in zip(texts, flags, strict=True) if flag}


def _line(evidence_id: str, line: LogLine, redactor: Redactor, *, suspicious: bool) -> PackedLine:
    message = safe_text(line.message, redactor, MAX_MESSAGE)
    fields: dict[str, Any] = {
        "id": evidence_id,
        "time": line.timestamp.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "severity": line.severity,
        "service": safe_text(line.service_id, redactor, _MAX_FIELD),
    }
    if suspicious:
        fields |= {"message": _WITHHELD, "speaks_to_a_model": True}
    else:
        fields |= {
            "test": line.test_id and safe_text(line.test_id, redactor, _MAX_FIELD),
            "function": line.func_id and safe_text(line.func_id, redactor, _MAX_FIELD),
            "message": message,
            "attributes": line.attributes and safe_text(line.attributes, redactor, MAX_ATTRIBUTES),
        }
    rendered = json.dumps({name: value for name, value in fields.items() if value is not None}, ensure_ascii=False)
    return PackedLine(evidence_id, line, message, rendered, suspicious)


def _finding(number: int, finding: Finding, title: str, lines: Mapping[str, PackedLine]) -> str:
    shown = finding.model_dump(mode="json", include={"kind", "count", "first_seen"})
    fields = {
        "finding": number,
        "kind": shown["kind"],
        "title": title,
        "service": finding.service_id,
        "count": shown["count"],
        "count_before": finding.baseline_count,
        "first_seen": shown["first_seen"],
        "evidence": [lines[log_id].evidence_id for log_id in finding.evidence if log_id in lines],
    }
    return json.dumps({name: value for name, value in fields.items() if value is not None}, ensure_ascii=False)


def _left_out(evidence: Evidence, findings: int, lines: int) -> str | None:
    parts = []
    if findings < len(evidence.findings):
        parts.append(f"{len(evidence.findings) - findings} of {len(evidence.findings)} findings")
    if lines:
        parts.append(f"{lines} evidence lines")
    return f"the token budget left out {' and '.join(parts)}" if parts else None
