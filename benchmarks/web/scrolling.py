"""Measures scrolling through many lines in both views of their width (bar 6)."""

from playwright.sync_api import CDPSession, Page

from benchmarks.report import Report
from benchmarks.web.browser import Frames, Session, frames_over, recorded
from benchmarks.web.loading import LOGS

SPEEDS = (2_000, 10_000, 40_000)
"""Pixels per second: reading, skimming, dragging the scroll bar."""
_GESTURE_S = 1.2
_LIST = "[role=rowgroup][aria-label=Lines]"


def add_scrolling_rows(report: Report, session: Session, lines: int, rounds: int) -> None:
    """Load lines by scrolling up, then scroll through them."""
    with session.page() as page:
        empty = frames_over(page, _GESTURE_S * 2)
    with session.page(LOGS) as page:
        loaded = _load_lines(page, lines)
        report.figures["scrolled_lines"] = loaded
        cdp = page.context.new_cdp_session(page)
        for wraps in (False, True):
            if wraps:
                page.keyboard.press("w")
                page.wait_for_timeout(500)
            for speed in SPEEDS:
                found = Frames.median([_scroll(page, cdp, speed, turn) for turn in range(rounds)])
                _add(report, f"scrolling {loaded:,} lines{', wrapped' if wraps else ''}", speed, found, empty)


def _add(report: Report, work: str, speed: int, found: Frames, empty: Frames) -> None:
    name = f"scroll{'_wrapped' if 'wrapped' in work else ''}_{speed}"
    report.figures[name] = {"fps": found.fps, "p95_ms": found.p95_ms, "slow": found.slow, "blank": found.blank}
    good = found.fps >= 55 and found.p95_ms <= 34 and found.blank == 0 and found.slow <= 3
    report.add(
        f"{work} at {speed // 1000}k px/s",
        f"{found.beside(empty)}, {found.blank} blank, {found.slow} slow",
        "≥ 55 fps, p95 ≤ 34 ms, 0 blank, ≤ 3 slow",
        met=good or (None if empty.fps < 55 else False),
    )


def _load_lines(page: Page, wanted: int) -> int:
    """Scroll up until enough lines are loaded, and return how many are."""
    page.evaluate("probe.firstRow()")
    table = page.get_by_role("table", name="Log lines")
    loaded = -1
    while (count := int(table.get_attribute("aria-rowcount") or 0)) < wanted and count > loaded:
        loaded = count
        page.evaluate(
            """([list, before]) => new Promise((resolve) => {
                const element = document.querySelector(list);
                const table = element.closest('[role=table]');
                const end = performance.now() + 5000;
                const look = () => {
                    if (Number(table.ariaRowCount) > before || performance.now() > end) return resolve();
                    element.scrollTo(0, 0);
                    requestAnimationFrame(look);
                };
                look();
            })""",
            [_LIST, loaded],
        )
    return count


def _scroll(page: Page, cdp: CDPSession, speed: int, turn: int) -> Frames:
    """Scroll down from the middle in even turns and back up in odd ones."""
    if turn == 0:
        page.evaluate("list => { const e = document.querySelector(list); e.scrollTo(0, e.scrollHeight / 2); }", _LIST)
        page.wait_for_timeout(200)
    page.evaluate("probe.record()")
    cdp.send(
        "Input.synthesizeScrollGesture",
        {
            "x": 800,
            "y": 600,
            "yDistance": round(speed * _GESTURE_S) * (1 if turn % 2 else -1),
            "speed": speed,
            "gestureSourceType": "mouse",
        },
    )
    return recorded(page)
