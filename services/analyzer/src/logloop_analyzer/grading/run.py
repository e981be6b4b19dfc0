"""Grades incidents one after the other, and the detector of poisoned lines."""

from collections.abc import Callable, Iterable

import pyarrow as pa
from logloop_contracts.analyses import AnalysisScope

from logloop_analyzer.evidence.prompt_injection import find_prompt_injection
from logloop_analyzer.grading.chain import Chain
from logloop_analyzer.grading.grade import Grade, grade
from logloop_analyzer.grading.incidents.incident import Incident
from logloop_analyzer.grading.incidents.planted import held_out_texts, known_texts
from logloop_analyzer.grading.scores import Recognised


async def grade_all(chain: Chain, found: Iterable[Incident], progress: Callable[[str], None]) -> list[Grade]:
    """Return a grade for each incident. `progress` gets a sentence after each of them."""
    grades = []
    for incident in found:
        scope = AnalysisScope(since=incident.since, until=incident.until)
        analysed = await chain.analyse(incident.window, incident.baseline, scope, incident.question)
        clean = None
        if incident.without_poison is not None:
            clean = await chain.analyse(incident.without_poison, incident.baseline, scope, incident.question)
        grades.append(grade(incident, analysed, clean))
        progress(f"{len(grades)}: {incident.name}: {analysed.report.verdict}")
    return grades


def recognised_wordings() -> Recognised:
    """Return how many poisoned wordings the detector recognises."""
    known, held_out = (
        (sum(find_prompt_injection(pa.array(texts)).to_pylist()), len(texts))
        for texts in (known_texts(), held_out_texts())
    )
    return Recognised(known, held_out)
