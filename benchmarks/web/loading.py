"""Measures what is transferred, and how long it takes, until the log viewer shows its first line (bars 1 to 3)."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Page

from benchmarks.report import Report
from benchmarks.web.browser import Session

LOGS = "/projects/demo/logs"
ROUTES = (
    "/sign-in",
    LOGS,
    f"{LOGS}?view=patterns",
    f"{LOGS}?analysis=new",
    "/projects/demo/analyses",
    "/projects/demo/ci/pipelines",
    "/projects/demo/ci/rules/new",
    "/projects/demo/ci/chains",
    "/projects/demo/ci/runs",
    "/projects/demo/tests",
    "/projects/demo/metrics",
    "/projects/demo/services",
    "/projects/demo/settings/models",
)
"""One page of each kind."""
ENCODINGS = ("gzip", "br", "zstd")
_KB = 1000
_PAGE = Path(__file__).parents[2] / "gateway/page"
_SETTLED_MS = 1000


@dataclass(frozen=True)
class Load:
    """One load of the log viewer with an empty cache. Times in ms since the navigation began."""

    first_row: float
    contentful: float
    blocking: float
    shifts: float
    scripts: tuple[str, ...]
    encodings: tuple[str, ...]
    transferred: int


def _load(session: Session, slowdown: int) -> Load:
    with session.page(LOGS, slowdown=slowdown) as page:
        page.evaluate("probe.firstRow()")
        page.wait_for_timeout(_SETTLED_MS)
        shown = page.evaluate("probe.shown()")
    first_row: float = shown["firstRow"]
    own = [item for item in shown["resources"] if _is_code(item[0]) and item[2] <= first_row]
    return Load(
        first_row,
        shown["contentful"],
        sum(max(0.0, duration - 50) for _, duration in shown["longTasks"]),
        shown["shifts"],
        tuple(name for name, *_ in own),
        tuple(sorted({encoding or "none" for *_, encoding in own})),
        sum(size for _, size, *_ in own),
    )


def _is_code(url: str) -> bool:
    return urlsplit(url).path.endswith((".js", ".css"))


def _empty_load(session: Session, slowdown: int) -> float:
    with session.page(slowdown=slowdown) as page:
        page.wait_for_timeout(_SETTLED_MS / 2)
        return float(page.evaluate("probe.shown()")["contentful"] or 0)


class _Sizes:
    """Bytes that the gateway sends for a file, by encoding."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, trust_env=False)
        self._known: dict[tuple[str, str], int] = {}

    def of(self, urls: Sequence[str], encoding: str) -> int:
        return sum(self._one(urlsplit(url).path, encoding) for url in set(urls))

    def _one(self, path: str, encoding: str) -> int:
        if (path, encoding) not in self._known:
            with self._client.stream("GET", path, headers={"Accept-Encoding": encoding}) as response:
                response.raise_for_status()
                self._known[path, encoding] = sum(map(len, response.iter_raw()))
        return self._known[path, encoding]


def add_loading_rows(report: Report, session: Session, rounds: int) -> None:
    """Measure loads at full and at a quarter of the speed of the CPU, in turns with the empty page."""
    for slowdown, limit_ms in ((1, 1000), (4, 2500)):
        loads, empty = [], []
        for _ in range(rounds):
            empty.append(_empty_load(session, slowdown))
            loads.append(_load(session, slowdown))
        if slowdown == 1:
            _add_sizes(report, session, loads)
        first_row = statistics.median(load.first_row for load in loads)
        nothing = statistics.median(empty)
        speed = "" if slowdown == 1 else f", CPU {slowdown}x slower"
        report.figures[f"first_row_ms_{slowdown}x"] = round(first_row)
        report.figures[f"empty_page_ms_{slowdown}x"] = round(nothing)
        report.add(
            f"first line, cold cache{speed}",
            f"{first_row:.0f} ms (empty page {nothing:.0f} ms)",
            f"≤ {limit_ms / 1000:g} s",
            met=first_row <= limit_ms,
        )
        if slowdown == 1:
            _add_paint(report, loads)


def _add_paint(report: Report, loads: Sequence[Load]) -> None:
    contentful = statistics.median(load.contentful for load in loads)
    blocking = statistics.median(load.blocking for load in loads)
    shifts = statistics.median(load.shifts for load in loads)
    report.figures |= {"lcp_ms": round(contentful), "tbt_ms": round(blocking), "cls": round(shifts, 3)}
    report.add("largest contentful paint", f"{contentful:.0f} ms", "≤ 1 s", met=contentful <= 1000)
    report.add("blocked until a second after it", f"{blocking:.0f} ms", "≤ 50 ms", met=blocking <= 50)
    report.add("layout shift", f"{shifts:.3f}", "≤ 0.05", met=shifts <= 0.05)


def _add_sizes(report: Report, session: Session, loads: Sequence[Load]) -> None:
    sizes = _Sizes(session.up.url)
    largest = max(loads, key=lambda load: load.transferred)
    first = {encoding: sizes.of(largest.scripts, encoding) / _KB for encoding in ENCODINGS}
    used = "/".join(largest.encodings)
    report.figures |= {f"first_row_kb_{encoding}": round(size, 1) for encoding, size in first.items()}
    report.figures["first_row_files"] = len(largest.scripts)
    report.add(
        "scripts and styles until the first line",
        f"{first['gzip']:.0f} kB gzip ({len(largest.scripts)} files; {largest.transferred / _KB:.0f} kB as {used})",
        "≤ 250 kB gzip",
        met=first["gzip"] <= 250,
    )
    routes = {path: sizes.of(_code_of(session, path), "gzip") / _KB for path in ROUTES}
    path, size = max(routes.items(), key=lambda item: item[1])
    report.figures["routes_kb_gzip"] = {name: round(value, 1) for name, value in routes.items()}
    report.add(
        f"largest of {len(ROUTES)} pages, complete", f"{size:.0f} kB gzip ({path})", "≤ 300 kB gzip", met=size <= 300
    )
    files = [f"/assets/{item.name}" for item in (_PAGE / "assets").iterdir() if item.suffix in {".js", ".css"}]
    whole = sizes.of(files, "gzip") / _KB
    report.figures["whole_app_kb_gzip"] = round(whole, 1)
    report.add("whole app", f"{whole:.0f} kB gzip ({len(files)} files)", "≤ 600 kB gzip", met=whole <= 600)


def _code_of(session: Session, path: str) -> list[str]:
    """Return the scripts and styles of a page once nothing more has been loaded for a while."""
    with session.page(path) as page:
        page.wait_for_load_state("networkidle")
        found: list[str] = []
        while len(found) < len(now := _scripts(page)):
            found = now
            page.wait_for_timeout(_SETTLED_MS)
        return found


def _scripts(page: Page) -> list[str]:
    return [name for name, *_ in page.evaluate("probe.shown()")["resources"] if _is_code(name)]
