"""Chromium with a probe in each page, and an empty page that shows what this machine's browser needs for nothing."""

import statistics
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from benchmarks.report import MB
from benchmarks.sending.load import percentile
from tests.browser.chromium import FLAGS
from tests.system.up_process import Up

VIEWPORT: ViewportSize = {"width": 1440, "height": 900}
SLOW_FRAME_MS = 50
_PROBE = Path(__file__).with_name("probe.js")
_EMPTY = b"<!doctype html><html lang=en><title>Empty</title><p>Empty</p><input role=combobox aria-label=Filter>"


@dataclass
class Session:
    """A browser that is signed in, and the address of the empty page."""

    browser: Browser
    up: Up
    empty_url: str
    state: Any

    @contextmanager
    def page(self, path: str | None = None, *, slowdown: int = 1) -> Iterator[Page]:
        """Open a page in a new profile with an empty cache: one of the app, or the empty one.

        `slowdown` is the factor by which the CPU is throttled.
        """
        context: BrowserContext = self.browser.new_context(
            base_url=self.up.url, storage_state=self.state, viewport=VIEWPORT
        )
        context.add_init_script(path=_PROBE)
        page = context.new_page()
        if slowdown > 1:
            context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
        try:
            page.goto(self.empty_url if path is None else path)
            yield page
        finally:
            context.close()


@contextmanager
def open_session(program: str, up: Up) -> Iterator[Session]:
    """Start the browser and sign in."""
    with _empty_page() as empty_url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            context = browser.new_context(base_url=up.url)
            signed_in = context.request.post(
                "/api/v1/session",
                data={"email": up.credentials["email"], "password": up.credentials["password"]},
                headers={"Origin": up.url},
            )
            if not signed_in.ok:
                raise RuntimeError(f"signing in failed: {signed_in.text()}")
            state = context.storage_state()
            context.close()
            yield Session(browser, up, empty_url, state)
        finally:
            browser.close()


class _Empty(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(_EMPTY)))
        self.end_headers()
        self.wfile.write(_EMPTY)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def _empty_page() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Empty)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(frozen=True)
class Frames:
    """What a recording says about smoothness. `slow` counts frames of more than 50 ms."""

    fps: float
    p95_ms: float
    slow: int
    blank: int

    @classmethod
    def of(cls, times: Sequence[float], blank: int = 0) -> "Frames":
        """Return the figures of the times at which frames began, in ms."""
        if len(times) < 2:
            raise RuntimeError("the page drew no frames")
        gaps = sorted(after - before for before, after in pairwise(times))
        fps = len(gaps) / (times[-1] - times[0]) * 1000
        return cls(fps, percentile(gaps, 0.95), sum(gap > SLOW_FRAME_MS for gap in gaps), blank)

    @classmethod
    def median(cls, rounds: Sequence["Frames"]) -> "Frames":
        """Return the medians of several recordings. Blank frames add up."""
        return cls(
            statistics.median(item.fps for item in rounds),
            statistics.median(item.p95_ms for item in rounds),
            round(statistics.median(item.slow for item in rounds)),
            sum(item.blank for item in rounds),
        )

    def beside(self, empty: "Frames") -> str:
        """Return the figures for the table, beside those of the empty page."""
        return f"{self.fps:.1f} fps, p95 {self.p95_ms:.0f} ms (empty page {empty.fps:.1f} fps, {empty.p95_ms:.0f} ms)"


class MainThread:
    """Counts the CPU time of a page's main thread, which does not depend on what else runs on the machine."""

    def __init__(self, page: Page) -> None:
        self._cdp = page.context.new_cdp_session(page)
        self._cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
        self._begin = self._read()

    def _read(self) -> dict[str, float]:
        return {item["name"]: item["value"] for item in self._cdp.send("Performance.getMetrics")["metrics"]}

    def cpu_s(self) -> float:
        """Return the CPU seconds since the start."""
        return self._read()["TaskDuration"] - self._begin["TaskDuration"]

    def heap_mb(self) -> float:
        """Return the size of the JavaScript heap now, garbage included."""
        return self._read()["JSHeapUsedSize"] / MB


def recorded(page: Page) -> Frames:
    """End a recording and return its figures."""
    found = page.evaluate("probe.stop()")
    return Frames.of(found["frames"], found["blank"])


def frames_over(page: Page, seconds: float) -> Frames:
    """Record the frames of a page that is left alone."""
    page.evaluate("probe.record()")
    page.wait_for_timeout(seconds * 1000)
    return recorded(page)
