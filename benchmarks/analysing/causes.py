"""Measure how often an analysis finds the faulty service of the Nezha data set, and how often it is wrong.

Two ways to compare: N takes the third minute of a fault and a fault-free minute of the day, as the authors of the
data set do. P takes all lines since the injection, and the fault-free minute with the lines before the injection.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from logloop_analyzer.analysis.verdict import decide_verdict
from logloop_analyzer.evidence import Evidence, measure
from logloop_contracts.analyses import Verdict

from benchmarks.analysing.nezha import Fault, Line, export_table, healthy_minutes, read_faults
from benchmarks.report import Report, machine

_RANKS = (1, 3, 5)
_RANDOM_HALVES = 4
_LINES = 100_000
_CPU_TARGET_S = 2.0

Windows = Callable[[Fault], tuple[Sequence[Line], Sequence[Line]]]


def third_minute(fault: Fault) -> tuple[Sequence[Line], Sequence[Line]]:
    """Return the windows of N."""
    return fault.minutes[-1], fault.healthy


def since_injection(fault: Fault) -> tuple[Sequence[Line], Sequence[Line]]:
    """Return the windows of P."""
    now = [line for line in fault.lines if line.time_ns >= fault.injected_ns]
    return now, [*fault.healthy, *(line for line in fault.lines if line.time_ns < fault.injected_ns)]


@dataclass
class Measured:
    """The rank of the faulty service for each kind of fault, and whether the first one was right for each verdict."""

    ranks: dict[str, list[int | None]] = field(default_factory=lambda: defaultdict(list))
    verdicts: dict[Verdict, list[bool]] = field(default_factory=lambda: defaultdict(list))

    def shares(self, kind: str | None = None) -> list[int]:
        """Return in how many percent of the faults the service is among the first 1, 3 and 5."""
        ranks = [rank for name, found in self.ranks.items() if kind in {None, name} for rank in found]
        return [round(100 * sum(rank is not None and rank <= top for rank in ranks) / len(ranks)) for top in _RANKS]


def compare(now: Sequence[Line], before: Sequence[Line], *, ids: bool) -> Evidence:
    """Return what an analysis measures in two windows."""
    return measure(export_table(now, "w", ids=ids), export_table(before, "b", ids=ids))


def measure_faults(faults: Sequence[Fault], windows: Windows, *, ids: bool = True) -> Measured:
    """Compare the windows of each fault."""
    measured = Measured()
    for fault in faults:
        evidence = compare(*windows(fault), ids=ids)
        services = _services(evidence)
        rank = services.index(fault.service) + 1 if fault.service in services else None
        measured.ranks[fault.kind].append(rank)
        measured.verdicts[decide_verdict(evidence)].append(rank == 1)
    return measured


def _services(evidence: Evidence) -> list[str]:
    """Return the services in the order in which a report names them."""
    findings = (item.finding for item in evidence.findings if item.finding.kind != "suspicious_text")
    return list(dict.fromkeys(finding.service_id for finding in findings if finding.service_id))


def chance_pairs(minutes: Sequence[Sequence[Line]]) -> Iterator[tuple[Sequence[Line], Sequence[Line]]]:
    """Yield pairs of windows without a fault: halves in time of a minute, and random halves of its traces."""
    for lines in minutes:
        middle = (min(lines).time_ns + max(lines).time_ns) // 2
        traces = sorted({line.trace for line in lines})
        early = {line for line in lines if line.time_ns < middle}
        halves = [early]
        for seed in range(_RANDOM_HALVES):
            chosen = set(random.Random(seed).sample(traces, len(traces) // 2))
            halves.append({line for line in lines if line.trace in chosen})
        for half in halves:
            pair = [line for line in lines if line in half], [line for line in lines if line not in half]
            yield pair[0], pair[1]
            yield pair[1], pair[0]


def measure_all(folder: Path, report: Report) -> None:
    """Add the rows of the table."""
    faults = read_faults(folder)
    for name, windows, ids, target in (
        ("N", third_minute, True, 80),
        ("P", since_injection, True, 76),
        ("N without trace ids", third_minute, False, 60),
    ):
        with report.part(name):
            _add_faults(report, name, measure_faults(faults, windows, ids=ids), target)
    with report.part("pairs without a fault"):
        _add_pairs(report, healthy_minutes(folder))
    with report.part("CPU"):
        _add_cpu(report, faults)


def _add_faults(report: Report, name: str, measured: Measured, target: int) -> None:
    first = measured.shares()[0]
    count = sum(map(len, measured.ranks.values()))
    report.add(f"{name}: all {count}", _shares(measured.shares()), f"first ≥ {target} %", met=first >= target)
    for kind, ranks in sorted(measured.ranks.items()):
        report.add(f"{name}: {kind} {len(ranks)}", _shares(measured.shares(kind)))
    told = ", ".join(
        f"{verdict} {sum(right)} of {len(right)}" for verdict, right in sorted(measured.verdicts.items())
    )
    report.add(f"{name}: right by verdict", told)
    report.figures[name] = {"all": measured.shares(), **{kind: measured.shares(kind) for kind in measured.ranks}}


def _add_pairs(report: Report, minutes: Sequence[Sequence[Line]]) -> None:
    for name, ids in (("pairs without a fault", True), ("the same without trace ids", False)):
        verdicts: Counter[Verdict] = Counter()
        scores = []
        for now, before in chance_pairs(minutes):
            evidence = compare(now, before, ids=ids)
            verdicts[decide_verdict(evidence)] += 1
            scores.append(evidence.services[0].score if evidence.services else 0.0)
        wrong = verdicts.total() - verdicts["insufficient"]
        measured = f"{wrong} of {verdicts.total()} above insufficient, highest score {max(scores):.2f}"
        report.add(name, measured, "0" if ids else "", met=wrong == 0 if ids else None)
        report.figures[name] = dict(verdicts)


def _add_cpu(report: Report, faults: Sequence[Fault]) -> None:
    """Add the CPU time of one analysis of 100,000 lines, the least of three."""
    lines = sorted({line for fault in faults for line in fault.lines})[:_LINES]
    tables = export_table(lines[_LINES // 2 :], "w"), export_table(lines[: _LINES // 2], "b")
    taken = []
    for _ in range(3):
        started = time.process_time()
        measure(*tables)
        taken.append(time.process_time() - started)
    measured = f"{min(taken):.2f} s for {len(lines):,} lines"
    report.add("CPU of one analysis", measured, f"≤ {_CPU_TARGET_S:.0f} s", met=min(taken) <= _CPU_TARGET_S)
    report.figures["cpu_s"] = min(taken)


def _shares(shares: Sequence[int]) -> str:
    return " / ".join(f"{share} %" for share in shares)


def main() -> int:
    """Run the benchmark and return the exit code."""
    parser = argparse.ArgumentParser(prog="make bench-causes", description=__doc__)
    parser.add_argument("path", nargs="?", type=Path, help="folder of the Nezha data set; without it, nothing is run")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    arguments = parser.parse_args()
    report = Report()
    if arguments.path is None:
        report.add("faulty service found", "skipped: name the folder of the Nezha data set")
    else:
        measure_all(arguments.path, report)
    print(report.text(), end="\n\n")
    for name, value in machine().items():
        print(f"{name:12} {value}")
    if arguments.json:
        print(json.dumps({**report.figures, "failed": report.failed}))
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
