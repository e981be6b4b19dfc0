"""Measures how soon an analysis shows what was measured, without a model (bar 10)."""

import statistics

from playwright.sync_api import Page

from benchmarks.report import Report
from benchmarks.web.browser import Session
from benchmarks.web.loading import LOGS

_FINDINGS = "section[aria-label=Measured]"
_ASK = f"{LOGS}?q=severity:error&range=15m&analysis=new"


def add_analysis_row(report: Report, session: Session, rounds: int) -> None:
    """Request analyses of the errors of the last minutes from the log viewer."""
    took = []
    for _ in range(rounds):
        with session.page(_ASK) as page:
            took.append(_first_content(page))
    first = statistics.median(took)
    report.figures["analysis_first_content_ms"] = round(first)
    report.add("request to the first measured finding", f"{first:.0f} ms", "≤ 1 s", met=first <= 1000)


def _first_content(page: Page) -> float:
    button = page.get_by_role("button", name="Analyze", exact=True).last
    page.wait_for_load_state("networkidle")
    page.evaluate(f"() => {{ window.found = probe.after(() => document.querySelector('{_FINDINGS}'), 'findings'); }}")
    button.click()
    return float(page.evaluate("window.found"))
