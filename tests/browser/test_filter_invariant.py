"""There is one filter: list, chart, counts, patterns and export always show the same logs."""

import os
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.browser.corpus import CORPUS_RANGE, CORPUS_SINCE, CORPUS_UNTIL, SERVICES, WORDS, corpus
from tests.system.up_process import Up

FILTERS = 200
PAGE = 500
Test = Callable[[dict[str, Any]], bool]
Filter = tuple[str, Test]


def _terms(source: random.Random) -> Filter:
    """Return one term of the search language and the same condition in Python."""
    kind = source.randrange(8)
    if kind == 0:
        word = source.choice(WORDS)
        return (f'"{word}"' if " " in word else word), lambda e: word.lower() in e["message"].lower()
    if kind == 1:
        service = source.choice(SERVICES)
        return f"service:{service}", lambda e: e["service_id"] == service
    if kind == 2:
        severity = source.choice(("error", "warn", "info", "debug"))
        return f"severity:{severity}", lambda e: e["severity"] == severity
    if kind == 3:
        least = source.randint(1, 500)
        return f"attributes.took_ms:>={least}", lambda e: e["attributes"]["took_ms"] >= least
    if kind == 4:
        host = f"web-{source.randrange(4)}"
        return f"attributes.host:{host}", lambda e: e["attributes"]["host"] == host
    if kind == 5:
        status = source.choice((200, 404, 502))
        return f"attributes.http.status:{status}", lambda e: e["attributes"].get("http", {}).get("status") == status
    if kind == 6:
        digit = source.randrange(10)
        return f"/ {digit}\\d* in /", lambda e: any(part.startswith(str(digit)) for part in _numbers(e["message"]))
    value = source.choice(("stdout", "stderr"))
    return f"source:{value}", lambda e: e.get("source") == value


def _numbers(message: str) -> list[str]:
    words = message.split(" ")
    return [word for word, after in pairwise(words) if after == "in" and word.isdigit()]


def _filter(source: random.Random) -> Filter:
    terms = [_terms(source) for _ in range(source.randint(1, 3))]
    negated = [source.random() < 0.3 for _ in terms]
    text = " ".join(f"-{term}" if no else term for (term, _), no in zip(terms, negated, strict=True))
    if len(terms) > 1 and not any(negated) and source.random() < 0.3:
        return " OR ".join(term for term, _ in terms), lambda e: any(test(e) for _, test in terms)
    return text, lambda e: all(test(e) != no for (_, test), no in zip(terms, negated, strict=True))


_SHOWN = """() => {
  const number = (text) => Number((text ?? "").replaceAll(",", ""));
  const groups = [...document.querySelectorAll("section[aria-label='Severity'] [title$=' lines']")];
  const chart = [...document.querySelectorAll("table.visually-hidden tbody tr")];
  return {
    rows: Number(document.querySelector("[role=table]")?.getAttribute("aria-rowcount") ?? 0),
    footer: number(document.querySelector("footer b")?.textContent),
    facets: groups.reduce((sum, item) => sum + number(item.title.split(" ")[0]), 0),
    chart: chart.reduce((sum, row) => sum + number(row.children[1].textContent), 0),
  };
}"""


def test_list_chart_counts_patterns_and_export_agree_for_any_filter(logs: Page, up: Up) -> None:
    source = random.Random(11)
    entries = corpus()
    with up.client() as client:
        for number in range(FILTERS):
            text, test = _filter(source)
            expected = [entry for entry in entries if test(entry)]
            logs.evaluate(
                "([range, q]) => window.history.pushState(null, '', `?${range}&q=${encodeURIComponent(q)}`)",
                [CORPUS_RANGE, text],
            )
            logs.evaluate("() => window.dispatchEvent(new PopStateEvent('popstate'))")
            want = {
                "rows": min(len(expected), PAGE),
                "footer": len(expected),
                "facets": len(expected),
                "chart": len(expected),
            }
            logs.wait_for_function(
                f"want => {{ const shown = ({_SHOWN})(); return JSON.stringify(shown) === JSON.stringify(want); }}",
                arg=want,
            )
            if number % 10 == 0:
                params = {"project_id": "demo", "q": text, "since": CORPUS_SINCE, "until": CORPUS_UNTIL}
                exported = client.get("/api/v1/logs/export", params={**params, "format": "ndjson"})
                assert len(exported.text.splitlines()) == len(expected), text
                patterns = client.get("/api/v1/logs/patterns", params=params).json()
                assert patterns["total"] == len(expected), text
                by_service = client.get("/api/v1/logs/facets", params=params).json()["fields"]["service_id"]
                counted = {item["value"]: item["count"] for item in by_service}
                assert counted == Counter(entry["service_id"] for entry in expected), text


def _post(up: Up, service: str, messages: list[str]) -> None:
    entry = {"project_id": "demo", "severity": "info", "timestamp": datetime.now(UTC).isoformat()}
    entries = [
        {**entry, "service_id": name, "message": message}
        for message in messages
        for name in (service, f"{service}-other")
    ]
    with up.client() as client:
        assert client.post("/api/v1/logs", json=entries).status_code == 202


def test_the_live_tail_shows_the_lines_that_the_search_finds(open_page: Callable[..., Page], up: Up) -> None:
    service = f"tail-{os.urandom(4).hex()}"
    page = open_page("/")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/v1/logs/tail?*", hold)
    with page.expect_request("**/api/v1/logs/tail?*"):
        page.goto(f"/projects/demo/logs?q=service%3A{service}%20-skipped&live=1&range=5m")
    expect(page.get_by_text("Connecting", exact=True)).to_be_visible()
    expect(page.get_by_text("lines/s")).to_have_count(0)
    _post(up, service, [f"{word} early {number}" for number in range(10) for word in ("kept", "skipped")])
    held[0].continue_()

    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    expect(page.get_by_text("lines/s")).to_be_visible()
    _post(up, service, [f"{word} {number}" for number in range(30) for word in ("kept", "skipped")])
    table = page.get_by_role("table", name="Log lines")
    expect(table).to_have_attribute("aria-rowcount", "40")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("lines/s")).to_have_count(0)
    expect(table).to_have_attribute("aria-rowcount", "40")
