"""Parsing what models write, and classifying what provider libraries raise."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logloop_analyzer.model.answer_text import SummaryStream, parse_object
from logloop_analyzer.model.provider import ProviderSettings
from logloop_analyzer.model.provider_errors import provider_failure
from logloop_chassis.outbound.egress import EgressRefused

values = st.dictionaries(st.text(max_size=8), st.text(max_size=20) | st.integers() | st.lists(st.text(max_size=5)))


@given(values)
def test_an_object_is_found_in_fences_and_chatter(value: dict[str, Any]) -> None:
    text = json.dumps(value)
    assert parse_object(text) == value
    assert parse_object(f"Sure, here it is:\n```json\n{text}\n```\nAnything else?") == value


def test_a_trailing_comma_is_accepted() -> None:
    assert parse_object('{"a": [1, 2,], }') == {"a": [1, 2]}


@pytest.mark.parametrize("text", ["", "no", "[1]", "{", '{"a": ', "{" * 5000, "null"])
def test_text_without_an_object_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_object(text)


@given(st.text(max_size=60), st.data(), st.booleans())
def test_a_summary_streams_completely_for_any_chunk_size(summary: str, data: st.DataObject, ascii_only: bool) -> None:
    text = json.dumps({"x": 1, "summary": summary, "y": "summary"}, ensure_ascii=ascii_only)
    stream, out, at = SummaryStream(), "", 0
    while at < len(text):
        size = data.draw(st.integers(1, 20))
        out += stream.feed(text[at : at + size])
        at += size
    # A character that JSON escapes as a surrogate pair may come out as two replacement characters.
    assert out == summary or any(ord(char) > 0xFFFF for char in summary)


class _ErrorResponse(Exception):
    def __init__(self, status_code: int, body: Any = None, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"Error code: {status_code}")
        self.status_code = status_code
        self.body = body
        self.response = type("Response", (), {"headers": headers or {}})()


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (_ErrorResponse(401), "auth"),
        (_ErrorResponse(403), "permission"),
        (_ErrorResponse(404), "not_found"),
        (_ErrorResponse(429), "rate_limit"),
        (_ErrorResponse(500), "server"),
        (_ErrorResponse(529), "server"),
        (_ErrorResponse(400, {"error": {"message": "maximum context length is 10"}}), "too_long"),
        (_ErrorResponse(400, {"error": {"message": "API key not valid. Please pass a valid API key."}}), "auth"),
        (_ErrorResponse(429, {"message": "You exceeded your current quota, check billing"}), "permission"),
        (TimeoutError(), "timeout"),
        (ConnectionResetError("peer"), "unreachable"),
        (KeyError("choices"), "bad_output"),
        (ValueError("Expecting value"), "bad_output"),
        (EgressRefused("not a public address"), "blocked"),
    ],
)
def test_every_error_has_a_kind(error: Exception, kind: str) -> None:
    assert provider_failure(error, None).kind == kind


def test_a_nested_cause_is_found() -> None:
    try:
        try:
            raise EgressRefused("169.254.169.254 is not a public address")
        except EgressRefused as inner:
            raise RuntimeError("Connection error.") from inner
    except RuntimeError as outer:
        failed = provider_failure(outer, None)
    assert failed.kind == "blocked"
    assert "169.254.169.254" in failed.message


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"retry-after": "7"}, None, 7.0),
        ({"retry-after-ms": "250"}, None, 0.25),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, None, 0.0),
        ({"retry-after": "soon"}, None, None),
        ({}, {"message": "Please retry in 12.5s."}, 12.5),
        ({}, None, None),
    ],
)
def test_the_retry_delay_is_parsed(headers: dict[str, str], body: Any, seconds: float | None) -> None:
    assert provider_failure(_ErrorResponse(429, body, headers), None).retry_after == seconds


def test_the_key_is_removed_from_the_providers_words() -> None:
    error = _ErrorResponse(401, {"error": {"message": "bad key sk-canary-1 \x1b[31mred"}})
    failed = provider_failure(error, "sk-canary-1")
    assert failed.message == "bad key *** red"


@pytest.mark.parametrize(
    ("provider", "base_url", "url"),
    [
        ("anthropic", "https://api.anthropic.com/v1", "https://api.anthropic.com"),
        ("anthropic", None, "https://api.anthropic.com"),
        ("google", "https://g.example/v1beta/", "https://g.example"),
        ("ollama", "http://127.0.0.1:11434/api", "http://127.0.0.1:11434"),
        ("openai", None, "https://api.openai.com/v1"),
        ("openai-compatible", "http://llm/v1/", "http://llm/v1"),
    ],
)
def test_a_base_url_is_accepted_with_and_without_its_version(provider: Any, base_url: str | None, url: str) -> None:
    assert ProviderSettings(provider=provider, model="m", base_url=base_url).url == url
