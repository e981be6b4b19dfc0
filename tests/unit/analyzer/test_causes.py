"""Broken and slow steps in hand-written windows: the service they name, the lines they cite, and when to abstain."""

import os
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import pyarrow as pa
import pytest
from logloop_analyzer.analysis.report import LogCoverage, measured_report
from logloop_analyzer.analysis.verdict import decide_verdict
from logloop_analyzer.evidence import Evidence, ServiceScore, measure
from logloop_chassis.text.redaction import Redactor
from logloop_contracts.analyses import Baseline

from tests.fakes.incidents import LENGTH, START, Line
from tests.unit.analyzer.tables import COVERAGE, line, row_id, steady, windows

Step = tuple[str, str, float]
"""Service, message, and milliseconds since the step before."""
ORDER: tuple[Step, ...] = (
    ("gateway", "request received", 0),
    ("orders", "order checked", 4),
    ("stock", "reading stock", 3),
    ("stock", "stock reserved", 6),
    ("orders", "order stored", 5),
    ("gateway", "request answered", 2),
)


def requests(count: int, steps: Callable[[int], tuple[Step, ...]], *, traced: bool = True) -> list[Line]:
    """Return the lines of requests, one every three seconds."""
    found = []
    for number in range(count):
        at = 3.0 * number
        for service, message, pause in steps(number):
            at += pause / 1000
            found.append(line(at, message, "info", service, trace=f"trace-{number}" if traced else None))
    return found


def healthy(_: int) -> tuple[Step, ...]:
    return ORDER


def reservation_fails(number: int) -> tuple[Step, ...]:
    """Reservations fail in two of three requests, after which orders and gateway fail too."""
    if number % 3 == 0:
        return ORDER
    failed = (("stock", "no reservation", 6.0), ("orders", "order rejected", 5.0), ("gateway", "request failed", 2.0))
    return (*ORDER[:3], *failed)


def stock_is_slow(_: int) -> tuple[Step, ...]:
    return (*ORDER[:4], ("orders", "order stored", 700), ORDER[5])


def verdict_and_top(evidence: Evidence) -> tuple[str, str, str | None]:
    top = evidence.findings[0].finding
    return decide_verdict(evidence), top.kind, top.service_id


def test_of_services_that_log_one_line_of_a_request_the_one_that_fails_first_is_the_cause() -> None:
    """No log shows that checkout calls payment: it logs only afterwards."""

    def order(number: int, *, fails: bool) -> list[Line]:
        said = ("charge timed out", "order failed") if fails else ("charged", "order confirmed")
        severity, trace = "error" if fails else "info", f"trace-{number}"
        return [
            line(3 * number, "order accepted", "info", "gateway", trace=trace),
            line(3 * number + 0.01, said[0], severity, "payment", trace=trace),
            line(3 * number + 0.02, said[1], severity, "checkout", trace=trace),
        ]

    def orders(failing: Callable[[int], bool]) -> list[Line]:
        return [item for number in range(60) for item in order(number, fails=failing(number))]

    evidence = measure(*windows(orders(lambda number: number % 3 > 0), orders(lambda _: False)))
    assert verdict_and_top(evidence) == ("confirmed", "broken_step", "payment")


def test_a_title_says_the_severities_of_lines_that_differ_in_nothing_else() -> None:
    now = [line(3 * number, f"answered {500 + number}", "error", trace=f"trace-{number}") for number in range(40)]
    before = [line(3 * number, f"answered {200 + number}", "info", trace=f"trace-{number}") for number in range(40)]
    titles = [item.finding.title for item in measure(*windows(now, before)).findings]
    assert any("begins with error 'answered <*>'" in title for title in titles), titles
    assert any(title.endswith("before it began with info 'answered <*>'") for title in titles), titles


def test_a_broken_step_names_the_service_that_others_wait_for_and_cites_both_windows() -> None:
    evidence = measure(*windows(requests(40, reservation_fails), requests(40, healthy)))
    assert verdict_and_top(evidence) == ("confirmed", "broken_step", "stock")
    top = evidence.findings[0]
    assert top.finding.title == (
        "stock: 'reading stock' is followed by 'no reservation' in 26 of 40 traces, 0 of 40 before; "
        "expected 'stock reserved'"
    )
    assert (top.finding.count, top.finding.baseline_count) == (26, 0)
    assert top.finding.first_seen == line(3.013, "").at
    assert [(item.message, item.id[0]) for item in top.lines] == [
        ("reading stock", "w"),
        ("no reservation", "w"),
        ("reading stock", "b"),
        ("stock reserved", "b"),
    ]
    report = measured_report(evidence, Redactor(), COVERAGE, None)
    assert report.claims[0].citations == top.finding.evidence
    assert "No other service changed and failed first nearly as much" in report.summary


@pytest.mark.parametrize(
    ("steps", "title"),
    [
        (lambda _: ORDER[:3], "stock: nothing follows 'reading stock' in 40 of 40 traces"),
        (
            lambda _: (*ORDER[:2], ("stock", "cache read", 3), *ORDER[3:]),
            "stock: begins with 'cache read' in 40 of 40",
        ),
    ],
)
def test_a_service_that_ends_early_or_begins_otherwise_is_named(
    steps: Callable[[int], tuple[Step, ...]], title: str
) -> None:
    evidence = measure(*windows(requests(40, steps), requests(40, healthy)))
    about_stock = [item for item in evidence.findings if item.finding.service_id == "stock"]
    assert title in about_stock[0].finding.title
    assert about_stock[0].strong


def test_time_between_two_services_counts_for_the_one_that_is_called() -> None:
    evidence = measure(*windows(requests(40, stock_is_slow), requests(40, healthy)))
    verdict, kind, service = verdict_and_top(evidence)
    assert (kind, service) == ("slow_step", "stock")
    assert verdict != "insufficient"
    top = evidence.findings[0]
    assert top.finding.title == (
        "stock: from 'stock reserved' of stock to 'order stored' of orders takes 700 ms, "
        "5.0 ms before (medians of 40 and 40)"
    )
    assert [item.message for item in top.lines] == ["stock reserved", "order stored"] * 2
    assert [item.id[0] for item in top.lines] == ["w", "w", "b", "b"]


def test_without_trace_ids_bursts_of_lines_show_the_broken_step() -> None:
    now, before = requests(40, reservation_fails, traced=False), requests(40, healthy, traced=False)
    evidence = measure(*windows(now, before))
    assert decide_verdict(evidence) != "insufficient"
    found = [item.finding.title for item in evidence.findings if item.finding.service_id == "stock"]
    assert "in 26 of 40 bursts of lines" in found[0]


@pytest.mark.parametrize(
    "words", ["trace_id={}", "TraceID: {} SpanID: 0000", '{{"traceId": "{}"}}', "[request-id: {}]"]
)
def test_ids_in_messages_join_lines_as_those_in_attributes_do(words: str) -> None:
    def in_text(lines: list[Line]) -> list[Line]:
        return [replace(i, message=f"{i.message} {words.format(i.trace)}", trace=None) for i in lines]

    evidence = measure(*windows(in_text(requests(40, reservation_fails)), in_text(requests(40, healthy))))
    assert verdict_and_top(evidence) == ("confirmed", "broken_step", "stock")
    assert "in 26 of 40 traces" in evidence.findings[0].finding.title


def test_lines_of_one_statement_are_one_event_and_equal_texts_of_two_are_not() -> None:
    words = ["amber", "beech", "cedar", "fir", "hazel", "larch"]

    def now(number: int) -> tuple[Step, ...]:
        second = "stock.py:31 done" if number % 3 == 0 else "stock.py:47 done"
        return (("stock", f"stock.py:12 reading {words[number % 3]}", 0), ("stock", second, 3))

    def before(number: int) -> tuple[Step, ...]:
        return (("stock", f"stock.py:12 reading {words[3 + number % 3]}", 0), ("stock", "stock.py:31 done", 3))

    evidence = measure(*windows(requests(40, now), requests(40, before)))
    steps = [item.finding for item in evidence.findings if item.finding.kind == "broken_step"]
    assert [(step.count, step.baseline_count) for step in steps] == [(26, 0)]


@pytest.mark.parametrize("traced", [True, False])
def test_more_traffic_is_no_incident(traced: bool) -> None:
    def traffic(every_s: float, seed: int) -> list[Line]:
        rng = random.Random(seed)
        found, at = [], 0.0
        for number in range(int(60 / every_s)):
            at += rng.expovariate(1 / every_s)
            now = at
            for service, message, pause in ORDER:
                now += pause * rng.uniform(0.5, 2) / 1000
                found.append(line(now, message, "info", service, trace=f"t{number}" if traced else None))
        return found

    evidence = measure(*windows(traffic(0.05, 1), traffic(0.2, 2)))
    assert decide_verdict(evidence) == "insufficient"


def test_lines_of_the_same_time_keep_the_order_in_which_they_were_sent() -> None:
    """The ids of the first request end in 0 to 10, in hexadecimal: as texts, their order is another one."""

    def at_once(number: int, last: str) -> list[Line]:
        texts = [*(f"stock.py:{part} done" for part in range(16)), last]
        return [line(3.0 * number, text, "info", "stock", trace=f"t{number}") for text in texts]

    now = [item for number in range(8) for item in at_once(number, "stock.py:80 failed")]
    before = [item for number in range(8) for item in at_once(number, "stock.py:90 stored")]
    steps = [i for i in measure(*windows(now, before)).findings if i.finding.kind == "broken_step"]
    assert steps[0].finding.evidence == [row_id(15), row_id(16), row_id(15, "b"), row_id(16, "b")]


def test_more_items_in_a_loop_are_no_incident() -> None:
    def loop(items: int) -> list[Line]:
        steps = (ORDER[0], *([("gateway", "item added", 1.0)] * items), ORDER[5])
        return requests(40, lambda _: steps)

    evidence = measure(*windows(loop(9), loop(1)))
    assert "broken_step" not in [item.finding.kind for item in evidence.findings]


def test_new_information_is_shown_but_is_no_incident() -> None:
    usual = steady("tick", 3)
    evidence = measure(*windows([*usual, *steady("cache of version two warmed", 20, service="cache")], usual))
    assert any(item.strong for item in evidence.findings)
    report = measured_report(evidence, Redactor(), COVERAGE, None)
    assert (report.verdict, report.claims) == ("insufficient", [])
    assert "no cause can be named" in report.summary


def test_many_errors_of_one_request_are_one_occasion() -> None:
    usual = steady("tick", 3)
    errors = [line(300 + number / 1000, "no such part", "error", "cache", trace="t1") for number in range(40)]
    evidence = measure(*windows([*usual, *errors], usual))
    assert evidence.findings[0].finding.count == 40
    assert decide_verdict(evidence) == "insufficient"


def test_the_summary_says_what_the_logs_are_compared_with_and_why() -> None:
    now, before = windows(steady("ok"), steady("ok"))
    baseline = Baseline(
        kind="day", since=START, until=START + LENGTH, reason="the previous window has too few logs (3)"
    )
    report = measured_report(measure(now, before), Redactor(), LogCoverage(90, 90, baseline), None)
    assert (
        "Analysed 90 logs, compared with 90 at the same time the day before, because the previous window has too few "
        "logs (3)." in report.summary
    )
    assert report.baseline == baseline


def test_few_failures_are_too_little_to_name_a_cause() -> None:
    def now(number: int) -> tuple[Step, ...]:
        return reservation_fails(1) if number in {3, 17} else ORDER

    evidence = measure(*windows(requests(40, now), requests(40, healthy)))
    report = measured_report(evidence, Redactor(), COVERAGE, None)
    assert (report.verdict, report.claims) == ("insufficient", [])


@pytest.mark.parametrize(
    ("scores", "verdict"),
    [((3.1, 2.0), "confirmed"), ((3.1, 2.1), "likely"), ((3.0,), "confirmed"), ((2.9, 0.1), "insufficient")],
)
def test_a_strong_service_is_confirmed_only_if_it_stands_out(scores: tuple[float, ...], verdict: str) -> None:
    services = tuple(ServiceScore(f"s{number}", score) for number, score in enumerate(scores))
    evidence = Evidence((), (), (), frozenset(), 1, 1, comparable=True, services=services)
    assert decide_verdict(evidence) == verdict


_PRINT = "from tests.unit.analyzer.test_causes import digest; print(digest())"


def digest() -> str:
    """Return what is measured in windows with broken and slow steps, whose rows are in random order."""
    now = [*requests(40, reservation_fails), *requests(30, stock_is_slow, traced=False)]
    tables = [_shuffled(table) for table in windows(now, requests(40, healthy))]
    return str([(item.finding, item.lines) for item in measure(*tables).findings])


def _shuffled(table: pa.Table) -> pa.Table:
    return table.take(pa.array(random.sample(range(table.num_rows), table.num_rows)))


def test_neither_the_order_of_rows_nor_the_seed_of_hashes_matters() -> None:
    here = digest()
    assert "broken_step" in here
    done = subprocess.run(
        [sys.executable, "-c", _PRINT], env={**os.environ, "PYTHONHASHSEED": "7"}, capture_output=True, text=True
    )
    assert done.stdout.strip() == here, done.stderr
