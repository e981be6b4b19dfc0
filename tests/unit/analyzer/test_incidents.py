"""A small benchmark: generated incidents with known causes, and what must be found in each.

There are two known misses, both with the right service. If an error occurs at a low rate before its burst, an earlier
line may be taken for the first line of the burst. If a service stops logging, a rare line may follow the last of its
frequent ones.
"""

from functools import cache

import pytest
from logloop_analyzer.analysis.report import measured_report
from logloop_analyzer.analysis.verdict import decide_verdict
from logloop_analyzer.evidence import Evidence, measure
from logloop_chassis.text.redaction import Redactor

from tests.fakes.incidents import KINDS, Incident, Kind, incident
from tests.unit.analyzer.tables import COVERAGE

SEEDS = range(100, 106)
FAULTY = [kind for kind in KINDS if not kind.endswith("no_fault")]
HEALTHY = [kind for kind in KINDS if kind.endswith("no_fault")]


@cache
def measured(kind: Kind, seed: int) -> tuple[Incident, Evidence]:
    """Return an incident with its evidence; several tests look at the same ones."""
    case = incident(kind, seed)
    return case, measure(case.window, case.baseline)


@pytest.mark.parametrize("kind", FAULTY)
def test_the_top_finding_is_the_cause(kind: Kind) -> None:
    services = lines = 0
    for seed in SEEDS:
        case, evidence = measured(kind, seed)
        top = evidence.findings[0]
        services += top.strong and top.finding.service_id == case.service
        lines += top.finding.evidence[0] == case.first_id
    assert services == len(SEEDS)
    assert lines >= len(SEEDS) - (1 if kind in {"error_burst", "silent_service"} else 0)


@pytest.mark.parametrize("kind", HEALTHY)
def test_without_an_incident_nothing_is_claimed(kind: Kind) -> None:
    for seed in SEEDS:
        _, evidence = measured(kind, seed)
        report = measured_report(evidence, Redactor(), COVERAGE, None)
        assert report.verdict == "insufficient"
        assert report.claims == []
        assert "no cause can be named" in report.summary


@pytest.mark.parametrize("kind", ["timeout_cascade", "decoy", "new_exception", "poisoned"])
def test_a_cause_that_came_first_in_its_traces_is_confirmed(kind: Kind) -> None:
    verdicts = [decide_verdict(measured(kind, seed)[1]) for seed in SEEDS]
    assert verdicts.count("confirmed") >= len(SEEDS) - 1


@pytest.mark.parametrize("kind", ["vanished_heartbeat", "silent_service"])
def test_an_absence_alone_is_at_most_likely(kind: Kind) -> None:
    assert decide_verdict(measured(kind, 100)[1]) == "likely"


@pytest.mark.parametrize("kind", ["poisoned", "poisoned_no_fault"])
def test_exactly_the_poisoned_lines_are_flagged(kind: Kind) -> None:
    for seed in SEEDS:
        case, evidence = measured(kind, seed)
        assert evidence.suspicious_ids == case.poison_ids
