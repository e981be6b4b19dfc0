"""Adds the rows of stored logs: their size, all searches over them in both formats, and searches during intake."""

from benchmarks.command import Progress
from benchmarks.report import Report
from benchmarks.searching.basics import add_basic_rows
from benchmarks.searching.formats import FORMAT_1_PROJECT, copy_in_format_1
from benchmarks.searching.mixed import add_mixed_row
from benchmarks.searching.questions import NEEDLE, QUESTIONS, REFINED, Answer, Question, ask, ask_refined
from benchmarks.sending.baseline import CONNECTIONS
from benchmarks.sending.intake import Disk, Intake, Round, disk, wait_compacted
from benchmarks.sizes import Sizes
from benchmarks.testbed import Testbed

_LOGS_PER_REQUEST = 1000
_PART_OF_NEEDLE = NEEDLE[1:-1]


def add_search_rows(testbed: Testbed, intake: Intake, sizes: Sizes, report: Report, progress: Progress) -> None:
    """Send the logs that are missing from the full number, and measure them once they are compacted."""
    sent = intake.sent
    progress(f"{sizes.all_requests * _LOGS_PER_REQUEST - sent:,} more logs, then compaction")
    rate = 0.0
    with report.part("disk"):
        rate = _fill(intake, sizes.all_requests - sent // _LOGS_PER_REQUEST).logs_per_s
        took = wait_compacted(testbed, sizes.compaction_s)
        progress(f"compaction finished after {took:.0f} s")
        _disk_row(disk(testbed), report)
    progress("searches")
    with report.part("searches"):
        add_basic_rows(testbed, intake.sent, _PART_OF_NEEDLE, report)
    with report.part("filtered searches"):
        _add_questions(testbed, report, progress)
    progress("searches during intake")
    with report.part("searches during intake"):
        add_mixed_row(testbed, intake, rate, sizes.mixed_s, report)


def _fill(intake: Intake, requests: int) -> Round:
    """Send logs; one of them has the rare word."""
    plan = intake.plan(
        "short",
        requests,
        _LOGS_PER_REQUEST,
        connections=CONNECTIONS,
        seed=99,
        window=(12.0, 0.1),
        bodies=300,
        needle=NEEDLE,
        needle_at=requests // 3,
    )
    return intake.bulk_round(plan)


def _disk_row(stored: Disk, report: Report) -> None:
    size = stored.bytes_per_log
    report.figures |= {
        "bytes_per_log": round(size, 2),
        "file_bytes_per_log": round(stored.file_bytes_per_log, 2),
        "stored_logs": stored.logs,
        "segments": stored.segments,
        "index_bytes_per_log": round(stored.indexes / stored.logs, 3),
    }
    report.add(
        "disk with indexes, filters and patterns",
        f"{size:.1f} B/log in {stored.segments} segments (files now {stored.file_bytes_per_log:.1f})",
        "≤ 15 B",
        met=size <= 15,
    )


def _add_questions(testbed: Testbed, report: Report, progress: Progress) -> None:
    """Ask every question of the project and of its copy in format 1."""
    progress("the same logs in format 1")
    with copy_in_format_1(testbed) as copied:
        report.figures["column_bytes_per_log"] = round(copied.bytes_per_log, 2)
        report.figures["format_1"] = {"column_bytes_per_log": round(copied.format_1_bytes_per_log, 2)}
        report.add(
            "  columns alone", f"{copied.bytes_per_log:.1f} B/log (format 1: {copied.format_1_bytes_per_log:.1f})"
        )
        for question in QUESTIONS:
            progress(question.title)
            _question_row(question, ask(testbed, question), ask(testbed, question, FORMAT_1_PROJECT), report)
        progress(REFINED.title)
        _question_row(REFINED, ask_refined(testbed), ask_refined(testbed, FORMAT_1_PROJECT), report)


def _question_row(question: Question, now: Answer, before: Answer, report: Report) -> None:
    if now.total != before.total:
        raise RuntimeError(f"{question.q!r} finds {now.total} logs, but {before.total} in format 1")
    for figures, answer in ((report.figures, now), (report.figures["format_1"], before)):
        figures[f"{question.figure}_ms"] = round(answer.ms, 1)
        figures[f"{question.figure}_first_ms"] = round(answer.first_ms, 1)
        figures[f"{question.figure}_cpu_ms"] = round(answer.cpu_ms, 1)
        figures[f"{question.figure}_found"] = answer.total
    report.add(
        question.title,
        f"{now.ms:,.0f} ms (first {now.first_ms:,.0f} ms), CPU {now.cpu_ms:,.0f} ms ({now.total:,} logs); "
        f"format 1: {before.ms:,.0f} ms, CPU {before.cpu_ms:,.0f} ms",
        f"≤ {question.target_ms:,.0f} ms",
        met=now.ms <= question.target_ms,
    )
