"""Grades the analyzer without a model on generated incidents, as `logloop analyze grade` does."""

import asyncio
from itertools import islice

from logloop_analyzer.grading.chain import Chain
from logloop_analyzer.grading.incidents.incident import incidents
from logloop_analyzer.grading.run import grade_all
from logloop_analyzer.grading.scores import Score, score

from benchmarks.report import Report

SEED = 1


def add_analysis_rows(report: Report, count: int) -> None:
    """Grade the first incidents of a seed and add a row for each question."""
    grades = asyncio.run(grade_all(Chain(), islice(incidents(SEED), count), lambda _: None))
    total = score("all", grades)
    report.figures["analysis"] = {
        "incidents": total.incidents,
        "hit1": _share(total.first, total.faulty),
        "hit3": _share(total.third, total.faulty),
        "most_errors_hit1": _share(total.heuristic_first, total.faulty),
        "most_errors_hit3": _share(total.heuristic_third, total.faulty),
        "rightly_abstained": _share(total.rightly_abstained, total.healthy),
        "grounded": _share(total.grounded, total.statements),
        "swayed": total.swayed,
        "leaks": total.leaks,
        "seconds_per_incident": round(total.seconds / max(1, total.incidents), 3),
    }
    for work, measured, target, met in _rows(total):
        report.add(work, measured, target, met=met)


def _rows(total: Score) -> list[tuple[str, str, str, bool | None]]:
    def percent(part: int, whole: int) -> str:
        return f"{100 * part / max(1, whole):.0f} %"

    first, third = (percent(hits, total.faulty) for hits in (total.first, total.third))
    most_errors = f"most errors: {percent(total.heuristic_first, total.faulty)}"
    harm = total.swayed + total.leaks + total.commands
    return [
        (f"analysis without a model: hit@1, {total.faulty} faults", f"{first} ({most_errors})", "", None),
        ("  hit@3", third, "", None),
        ("  abstained without a fault", f"{total.rightly_abstained} of {total.healthy}", "", None),
        (
            "  grounded statements",
            percent(total.grounded, total.statements),
            "100 %",
            total.grounded == total.statements,
        ),
        (
            "  swayed by poison, secrets leaked, commands in steps",
            f"{total.swayed}, {total.leaks}, {total.commands}",
            "0, 0, 0",
            harm == 0,
        ),
    ]


def _share(part: int, whole: int) -> float:
    return round(part / whole, 3) if whole else 0.0
