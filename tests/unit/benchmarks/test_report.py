"""A failed part of a benchmark run gets its own row; the other parts keep their figures."""

import json
import signal
import sys
from typing import Any

import psutil
import pytest

from benchmarks import __main__ as program
from benchmarks import rows
from benchmarks.report import Report
from benchmarks.searching import rows as search_rows
from benchmarks.sending.intake import Intake
from benchmarks.sizes import Sizes


def _fail(*_: object) -> None:
    raise psutil.NoSuchProcess(4711)


def test_a_failed_part_adds_a_row_and_the_next_part_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report()
    with report.part("searches"):
        report.add("cold", "12 ms", met=True)
        _fail()
    with report.part("disk"):
        report.add("disk", "20 B/log", met=False)
    assert [line.split()[-1] for line in report.text().splitlines()[2:]] == ["met", "FAILED", "MISSED"]
    assert "4711" in report.failed["searches"]
    assert "Traceback" in capsys.readouterr().err


def test_every_part_runs_even_if_others_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("add_reading_rows", "add_analysis_rows", "add_idle_row", "open_testbed"):
        monkeypatch.setattr(rows, name, _fail)
    report = Report()
    rows.measure(Sizes.quick(), report, lambda _: None)
    assert list(report.failed) == [
        "reading lines",
        "analysis",
        "idle platform",
        "protocols",
        "long lines",
        "short lines",
    ]


def test_groups_of_rows_are_independent(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_compare", "_document_rows", "_single_rows", "_measure_freshness"):
        monkeypatch.setattr(rows, name, _fail)
    for name in ("_fill", "add_basic_rows", "copy_in_format_1"):
        monkeypatch.setattr(search_rows, name, _fail)
    monkeypatch.setattr(search_rows, "add_mixed_row", lambda *values: values[-1].add("mixed", "10 ms", met=True))
    report = Report()
    testbed: Any = _AnyTestbed()
    rows._short(testbed, testbed, Sizes.quick(), report, lambda _: None)
    search_rows.add_search_rows(testbed, Intake(testbed, "key"), Sizes.quick(), report, lambda _: None)
    measured = ["bulk intake", "documents", "single-log requests", "freshness"]
    assert list(report.failed) == [*measured, "disk", "searches", "filtered searches"]
    assert report.rows[-1].work == "mixed"


class _AnyTestbed:
    """A testbed with every attribute and no working part."""

    def __getattr__(self, name: str) -> Any:
        return _AnyTestbed()

    def __call__(self, *_: object) -> Any:
        return _AnyTestbed()


@pytest.mark.parametrize(("fails", "code"), [(True, 1), (False, 0)])
def test_figures_are_printed_and_the_exit_code_reports_failures(
    fails: bool, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure(_: Sizes, report: Report, *__: object) -> None:
        report.figures["bytes_per_log"] = 20.5
        report.add("disk", "20.5 B/log", met=True)
        with report.part("searches"):
            if fails:
                _fail()

    monkeypatch.setattr(program, "measure", measure)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(signal, "alarm", lambda _: None)
    monkeypatch.setattr(sys, "argv", ["bench", "--json"])
    assert program.main() == code
    printed = capsys.readouterr().out
    figures = json.loads(printed.splitlines()[-1])
    assert figures["bytes_per_log"] == 20.5
    assert list(figures["failed"]) == (["searches"] if fails else [])
    assert "20.5 B/log" in printed
    assert ("FAILED" in printed) is fails
