"""An API key is found wherever clients of other platforms put it."""

import base64

import pytest
from logloop_ingest.protocols.credentials import api_key_of

KEY = "llk_abcdefghij_0123456789"


def basic(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"authorization": f"Bearer {KEY}"}, {}),
        ({"authorization": f"bearer  {KEY}"}, {}),
        ({"authorization": f"Splunk {KEY}"}, {}),
        ({"authorization": f"Basic {basic(f'shop:{KEY}')}"}, {}),
        ({"authorization": f"Basic {basic(f'{KEY}:')}"}, {}),
        ({"authorization": f"ApiKey {KEY}"}, {}),
        ({"authorization": f"ApiKey {basic(f'name:{KEY}')}"}, {}),
        ({"x-api-key": KEY}, {}),
        ({"dd-api-key": KEY}, {}),
        ({"x-seq-apikey": KEY}, {}),
        ({"x-sentry-auth": f"Sentry sentry_version=7, sentry_key={KEY}, sentry_client=sentry.python/2"}, {}),
        ({"authorization": f"Sentry sentry_key={KEY}"}, {}),
        ({}, {"dd-api-key": KEY}),
        ({}, {"apiKey": KEY}),
        ({}, {"api_key": KEY}),
        ({}, {"sentry_key": KEY}),
    ],
)
def test_the_key_is_found(headers: dict[str, str], query: dict[str, str]) -> None:
    assert api_key_of(headers, query) == KEY


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": "Basic not-base64!"}, {"authorization": "Digest x"}, {"authorization": "Bearer"}],
)
def test_nothing_is_found_where_there_is_nothing(headers: dict[str, str]) -> None:
    assert api_key_of(headers, {}) is None
