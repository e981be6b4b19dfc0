"""The entries of imported results are valid, and the platform finds the run in them."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from logloop.results.entries import ImportedRun, entries_of, run_id_of
from logloop.results.model import Result, Results
from logloop.results.reading import read
from logloop.sending.repair import sendable_line
from logloop_contracts import LogEntry
from logloop_contracts.log_batch import entries_to_batch
from logloop_query.run_reports import RunReport, reports_in

from tests.unit.logloop.results import samples

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
RUN = ImportedRun("r1", AT, "logloop test import", {"test.commit": "c1"})


def stored(*files: Results, batch: str = "b" * 26) -> RunReport:
    """The run that the platform finds in the entries, which ingest would accept."""
    lines = [sendable_line(entry, "shop", "tests") for entry in entries_of(files, RUN)]
    entries = [LogEntry.model_validate_json(line) for line in lines]
    [report] = reports_in([pa.Table.from_batches([entries_to_batch(entries, batch)])])
    return report


@pytest.mark.parametrize("name", [name for name in vars(samples) if name.isupper()])
def test_every_result_becomes_an_outcome_of_the_run(name: str) -> None:
    found = read(getattr(samples, name))

    report = stored(found)

    expected = [(item.test_id, item.outcome, item.attempt, item.retried) for item in found.results]
    shown = [(item.test_id, item.outcome, item.attempt, item.retried) for item in report.outcomes.values()]
    assert shown == expected
    assert report.fields.items() >= {"commit": "c1", "reported": len(expected)}.items()
    assert report.fields["finished_at"] >= report.started_at
    assert [item.duration_s for item in report.outcomes.values()] == [item.duration_s for item in found.results]
    assert list(stored(found, batch="c" * 26).outcomes) == list(report.outcomes), "the same outcomes when sent again"


def test_results_without_times_are_dated_by_the_file_in_the_order_of_attempts() -> None:
    results = Results("junit")
    for _ in range(2):
        results.add(Result("t", "passed"))

    report = stored(results)

    assert report.started_at == AT
    assert [(item.at - AT).total_seconds() for item in report.outcomes.values()] == [0, 0.001]


def test_a_test_in_two_files_has_two_outcomes() -> None:
    one, two = Results("junit"), Results("tap")
    one.add(Result("t", "failed"))
    two.add(Result("t", "passed"))

    report = stored(one, two)

    assert [(item.outcome, item.attempt) for item in report.outcomes.values()] == [("failed", 1), ("passed", 2)]


def test_odd_and_huge_texts_make_valid_entries() -> None:
    results = Results("junit")
    huge = "\x00\ud800é" * 200_000
    results.add(Result("a\nb\x00" + "x" * 600, "failed", reason=huge, kind=huge, stacktrace=huge))
    results.add(Result("", "passed", output=(("stdout", huge), ("stderr", " \n"))))
    results.output.append(("stdout", huge))

    report = stored(results)

    [first, second] = report.outcomes.values()
    assert (first.test_id[:4], len(first.test_id), second.test_id) == ("a b ", 512, "unnamed test")


def test_the_id_of_a_run_depends_on_the_contents_only() -> None:
    assert run_id_of([b"a", b"b"]) == run_id_of([b"b", b"a"])
    assert len({run_id_of([b"a"]), run_id_of([b"b"]), run_id_of([b"ab"]), run_id_of([b"a", b"b"])}) == 4
