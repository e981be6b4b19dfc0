"""Measures the live tail at a high rate: in the page (bar 7), and in ten other clients (bar 8)."""

import re
import statistics
import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from benchmarks.processes import ProcessUsage
from benchmarks.report import Report
from benchmarks.sending.load import percentile
from benchmarks.web.browser import Frames, MainThread, Session
from benchmarks.web.followers import Followers, FollowPlan
from benchmarks.web.loading import LOGS
from benchmarks.web.sender import FILTER, SendPlan, Sent, result_of, start_sender

RATE = 5_000
TAILS = 10
_EMPTY_S = 10.0
_SETTLED_S = 3.0
_GRACE_S = 15.0
_PROJECT = "demo"


@dataclass(frozen=True)
class _Tailed:
    sent: Sent
    frames: Frames
    last_frames: Frames
    received: int
    skipped: int
    delays_ms: list[float]
    heap_mb: list[float]
    cpu_share: float

    @property
    def lost(self) -> int:
        return self.sent.matching - self.received - self.skipped


def add_tail_rows(report: Report, session: Session, seconds: float) -> None:
    """Follow a filter in the page while matching lines are sent, after the empty page at the same load."""
    empty, numbers = _empty_page_beside_the_load(session, min(_EMPTY_S, seconds))
    tailed = _follow_in_page(session, seconds, numbers)
    _add_smoothness(report, tailed, empty)
    _add_delivery(report, tailed)
    report.figures["tail"] = {
        "matching_lines": tailed.sent.matching,
        "sent_in_s": round(tailed.sent.seconds, 1),
        "received": tailed.received,
        "skipped": tailed.skipped,
        "lost": tailed.lost,
        "fps": tailed.frames.fps,
        "p95_ms": tailed.frames.p95_ms,
        "slow": tailed.frames.slow,
        "last_third_fps": tailed.last_frames.fps,
        "main_thread_share": round(tailed.cpu_share, 3),
        "empty_fps": empty.fps,
        "empty_p95_ms": empty.p95_ms,
        "heap_mb": [round(value) for value in tailed.heap_mb],
    }


def _empty_page_beside_the_load(session: Session, seconds: float) -> tuple[Frames, int]:
    with session.page() as page:
        sender = start_sender(_plan(session, seconds, 0))
        page.evaluate("probe.record()")
        page.wait_for_timeout(seconds * 1000)
        found = page.evaluate("probe.stop()")
        sent = result_of(sender, seconds * 3 + _GRACE_S)
    return Frames.of(found["frames"]), sent.matching


def _plan(session: Session, seconds: float, first: int) -> SendPlan:
    return SendPlan(session.up.url, session.up.credentials["api_key"], _PROJECT, seconds, RATE, first)


def _follow_in_page(session: Session, seconds: float, first: int) -> _Tailed:
    with session.page(f"{LOGS}?live=1&q={FILTER}") as page:
        expect(page.get_by_role("status").get_by_text("Live", exact=True)).to_be_visible()
        # The page searches once more for lines that arrived while the tail opened.
        page.wait_for_timeout(_SETTLED_S * 1000)
        before = _counts(page)
        thread = MainThread(page)
        heap: list[float] = []
        page.evaluate("probe.record(true)")
        sender = start_sender(_plan(session, seconds, first))
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            page.wait_for_timeout(1000)
            heap.append(thread.heap_mb())
        cpu_s = thread.cpu_s()
        sent = result_of(sender, seconds * 3 + _GRACE_S)
        received, skipped = _settled(page, before, sent.matching)
        found = page.evaluate("probe.stop()")
    times = found["frames"]
    times = [at for at in times if at <= times[0] + seconds * 1000]
    last = times[len(times) * 2 // 3 :]
    delays = _delays(sent, found["arrivals"], found["end"])
    return _Tailed(sent, Frames.of(times), Frames.of(last), received, skipped, delays, heap, cpu_s / seconds)


def _counts(page: Page) -> tuple[int, int]:
    """Return the lines that the page says it received, and those that it says were left out."""
    received = re.search(r"([\d,. ]+) since live", page.locator("footer").inner_text())
    skipped = re.search(r"([\d,. ]+) left out", page.get_by_role("status").first.inner_text())
    return _number(received), _number(skipped)


def _number(found: re.Match[str] | None) -> int:
    return int(re.sub(r"\D", "", found[1])) if found else 0


def _settled(page: Page, before: tuple[int, int], wanted: int) -> tuple[int, int]:
    """Wait until every line is accounted for, or nothing more is coming."""
    end = time.monotonic() + _GRACE_S
    while True:
        now = _counts(page)
        received, skipped = now[0] - before[0], now[1] - before[1]
        if received + skipped >= wanted or time.monotonic() > end:
            return received, skipped
        page.wait_for_timeout(200)


def _delays(sent: Sent, arrivals: Sequence[tuple[float, int]], end: float) -> list[float]:
    """Return for each request the ms from before it was sent until its last line was in view; ordered.

    A line that was never in view counts until the end of the recording.
    """
    numbers = [number for _, number in arrivals]
    times = [*(moment for moment, _ in arrivals), end]
    return sorted(times[bisect_left(numbers, last)] - sent_at for sent_at, last in sent.requests)


def _add_smoothness(report: Report, tailed: _Tailed, empty: Frames) -> None:
    frames, last = tailed.frames, tailed.last_frames
    good = frames.fps >= 55 and frames.p95_ms <= 34
    report.add(
        f"live tail, {RATE:,} lines/s for {tailed.sent.seconds:.0f} s",
        f"{frames.beside(empty)}, {frames.slow} slow; last third {last.fps:.1f} fps, p95 {last.p95_ms:.0f} ms",
        "≥ 55 fps, p95 ≤ 34 ms",
        met=good or (None if empty.fps < 55 else False),
    )
    report.add("its main thread", f"{tailed.cpu_share * 100:.0f} % of a core, also on a busy machine")
    # Garbage is collected now and then, so the lowest values show what is kept.
    third = max(1, len(tailed.heap_mb) // 3)
    middle, late = min(tailed.heap_mb[third : 2 * third]), min(tailed.heap_mb[-third:])
    report.figures |= {"tail_heap_middle_mb": round(middle), "tail_heap_late_mb": round(late)}
    report.add(
        "its heap",
        f"{late:.0f} MB at the end, {middle:.0f} MB in the middle, at most {max(tailed.heap_mb):.0f} MB",
        "≤ 250 MB and flat",
        met=max(tailed.heap_mb) <= 250 and late <= middle * 1.1 + 5,
    )


def _add_delivery(report: Report, tailed: _Tailed) -> None:
    report.add(
        "its lines",
        f"{tailed.received:,} of {tailed.sent.matching:,} shown, {tailed.skipped:,} left out, {tailed.lost:,} lost",
        "0 lost",
        met=tailed.lost == 0,
    )
    report.add(
        "lines that it says are left out",
        f"{tailed.skipped / tailed.sent.matching * 100:.1f} %",
        "0 %",
        met=tailed.skipped == 0,
    )
    p50, p95 = statistics.median(tailed.delays_ms), percentile(tailed.delays_ms, 0.95)
    report.figures |= {"tail_delay_p50_ms": round(p50), "tail_delay_p95_ms": round(p95)}
    report.add("from sending to the screen", f"p50 {p50:.0f} ms, p95 {p95:.0f} ms", "p95 ≤ 500 ms", met=p95 <= 500)


def add_fan_out_row(report: Report, session: Session, seconds: float) -> None:
    """Compare the CPU of query and gateway with ten tails and with none, at the same load."""
    pids = {"query": session.up.child("logloop_query").pid, "gateway": session.up.child("caddy").pid}
    alone, _ = _usage(session, pids, seconds, 0, None)
    plan = FollowPlan(session.up.url, session.up.credentials["api_key"], _PROJECT, FILTER, TAILS)
    followers = Followers(plan)
    together, sent = _usage(session, pids, seconds, 0, followers)
    share = {name: max(0.0, together[name] - alone[name]) / sent.seconds for name in pids}
    counts = followers.end()
    lost = sum(sent.matching - count.received - count.skipped for count in counts)
    skipped = sum(count.skipped for count in counts)
    report.figures["fan_out"] = {**share, "lost": lost, "skipped": skipped}
    report.add(
        f"{TAILS} tails x {RATE:,} lines/s",
        f"query {share['query'] * 100:.0f} % of a core more (gateway {share['gateway'] * 100:.0f} %), "
        f"{skipped:,} left out, {lost:,} lost of {sent.matching * TAILS:,}",
        "≤ 50 % of a core, 0 lost",
        met=share["query"] <= 0.5 and lost == 0,
    )


def _usage(
    session: Session, pids: dict[str, int], seconds: float, first: int, followers: Followers | None
) -> tuple[dict[str, float], Sent]:
    """Return the CPU seconds of the processes while lines are sent, and what was sent."""
    with ProcessUsage(pids) as usage:
        sent = result_of(start_sender(_plan(session, seconds, first)), seconds * 3 + _GRACE_S)
        if followers:
            time.sleep(1.0)  # what is under way still arrives
    return usage.cpu_s, sent
