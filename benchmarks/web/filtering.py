"""Measures typing in the filter and how soon its result is there (bar 9)."""

import statistics

from playwright.sync_api import Page

from benchmarks.report import Report
from benchmarks.sending.load import percentile
from benchmarks.web.browser import Session
from benchmarks.web.loading import LOGS
from benchmarks.web.platform import RARE_NUMBERS

_KEY_DELAY_MS = 90


def add_filter_rows(report: Report, session: Session, rounds: int) -> None:
    """Type a filter, with the suggestions that come along, and apply it."""
    with session.page() as page:
        empty = _typed(page, "order 47110")
    echoes: list[float] = []
    results: list[float] = []
    with session.page(LOGS) as page:
        page.evaluate("probe.firstRow()")
        for turn in range(rounds + 1):
            number = RARE_NUMBERS[turn]
            keys = _typed(page, f"order {number}")
            took = _applied(page, number)
            if turn:  # the first reads segments that are not in the cache yet
                echoes += keys
                results.append(took)
    echo, nothing = percentile(sorted(echoes), 0.95), percentile(sorted(empty), 0.95)
    result = statistics.median(results)
    report.figures |= {"typing_p95_ms": round(echo), "typing_empty_p95_ms": round(nothing)}
    report.figures["filter_result_ms"] = round(result)
    report.add(
        "key in the filter to paint",
        f"p50 {statistics.median(echoes):.0f} ms, p95 {echo:.0f} ms (empty page p95 {nothing:.0f} ms)",
        "≤ 50 ms",
        met=echo <= 50,
    )
    report.add("Enter to the result on screen", f"{result:.0f} ms", "≤ 300 ms", met=result <= 300)


def _typed(page: Page, text: str) -> list[float]:
    """Type a text into the filter and return the ms from each key to its paint."""
    field = page.get_by_role("combobox", name="Filter")
    field.fill("")
    field.focus()
    page.evaluate("probe.echoes()")
    page.keyboard.type(text, delay=_KEY_DELAY_MS)
    page.wait_for_timeout(_KEY_DELAY_MS)
    found: list[float] = page.evaluate("probe.echoes()")
    return found


def _applied(page: Page, text: str) -> float:
    """Press Enter and return the ms until only lines of the filter are painted."""
    page.evaluate("text => { window.applied = probe.after(() => probe.showsOnly(text), text); }", text)
    page.keyboard.press("Enter")
    return float(page.evaluate("window.applied"))
