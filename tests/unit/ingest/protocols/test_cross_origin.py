"""Web pages of allowed origins send logs: preflight requests as browsers make them, and what pages may read."""

from typing import Any

import pytest
from logloop_ingest.http.cross_origin import InvalidOrigin, parse_origins
from logloop_ingest.settings import IngestSettings

from tests.unit.ingest.harness import KEY, PATH, Ingest, entry, ingest_service

SHOP = "https://shop.example.org"
OTHER = "https://evil.example"
INTAKE_PATHS = [
    PATH,
    "/v1/logs",
    "/api/7/envelope/",
    "/api/v2/logs",
    "/loki/api/v1/push",
    "/shop/_bulk",
    "/lines/web",
]


async def preflight(ingest: Ingest, path: str, origin: str = SHOP, method: str = "POST") -> Any:
    """Ask as a browser asks before a request with a key in a header; it sends no key yet."""
    wanted = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization,content-type"}
    return await ingest.client.request("OPTIONS", path, headers={"Origin": origin, **wanted})


@pytest.mark.parametrize("path", INTAKE_PATHS)
async def test_a_preflight_request_of_an_allowed_origin_is_answered_without_a_key(path: str) -> None:
    async with ingest_service(origins=[SHOP]) as ingest:
        answer = await preflight(ingest, path)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert answer.headers["access-control-allow-headers"] == "authorization,content-type"
    assert answer.headers["access-control-allow-methods"] == "POST"
    assert int(answer.headers["access-control-max-age"]) >= 600
    assert "Origin" in answer.headers["vary"]
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    ("path", "origin", "method"),
    [
        ("/v1/logs", OTHER, "POST"),
        ("/v1/logs", "null", "POST"),
        ("/v1/logs", SHOP, "DELETE"),
        ("/api/v1/ingest/dead-letters", SHOP, "POST"),
        ("/services/collector/ack", SHOP, "POST"),
    ],
)
async def test_other_origins_methods_and_paths_are_not_allowed(path: str, origin: str, method: str) -> None:
    async with ingest_service(origins=[SHOP]) as ingest:
        answer = await preflight(ingest, path, origin, method)
    assert answer.status_code >= 400
    assert ("access-control-allow-origin" in answer.headers) == ((path, origin) == ("/v1/logs", SHOP))


async def test_pages_may_send_only_if_that_is_set() -> None:
    async with ingest_service() as ingest:
        answer = await preflight(ingest, PATH)
        assert answer.status_code == 405
        assert "access-control-allow-origin" not in answer.headers


async def test_a_page_reads_the_answer_also_of_a_refusal() -> None:
    async with ingest_service(origins=[SHOP]) as ingest:
        sent = await ingest.client.post(PATH, json=entry(), headers={"Origin": SHOP})
        assert (sent.status_code, sent.headers["access-control-allow-origin"]) == (202, SHOP)
        headers = {"Origin": SHOP, "Content-Type": "application/json", "Authorization": f"Bearer {KEY}"}
        bad = await ingest.client.post("/v1/logs", content=b"{", headers=headers)
        assert (bad.status_code, bad.headers["access-control-allow-origin"]) == (400, SHOP)
        assert "Retry-After" in bad.headers["access-control-expose-headers"]
        own = await ingest.client.post(PATH, json=[], headers={"Origin": SHOP})
        assert (own.status_code, own.headers["access-control-allow-origin"]) == (422, SHOP)
        foreign = await ingest.client.post(PATH, json=entry(), headers={"Origin": OTHER})
        assert "access-control-allow-origin" not in foreign.headers


async def test_pages_of_all_origins_may_be_allowed_and_never_with_cookies() -> None:
    async with ingest_service(origins=["*"]) as ingest:
        answer = await preflight(ingest, "/v1/logs", OTHER)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    "text",
    ["shop.example.org", f"{SHOP}/", "https://shop.example.org/app", "https://*.example.org", "https://Shop.example",
     "https://u@shop.example", "https://shop.example:443", "http://shop.example:x", "ftp://shop.example", "https://",
     "null", "https://münchen.example"],
)  # fmt: skip
def test_an_origin_that_no_browser_sends_is_named(text: str) -> None:
    with pytest.raises(InvalidOrigin, match="is not an origin; write scheme, host and port"):
        parse_origins(f"{SHOP}, {text}")
    with pytest.raises(ValueError, match="is not an origin"):
        IngestSettings(secret_key="s" * 32, cors_origins=text)


def test_origins_are_a_list() -> None:
    assert parse_origins("") == []
    assert parse_origins(f"{SHOP}, http://127.0.0.1:5173 http://[::1]:8080") == [
        SHOP, "http://127.0.0.1:5173", "http://[::1]:8080",
    ]  # fmt: skip
    with pytest.raises(InvalidOrigin, match="write \\*"):
        parse_origins(" ".join(f"https://s{number}.example" for number in range(101)))
