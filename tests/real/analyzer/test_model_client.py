"""The client library of each provider against a working and a misbehaving provider on loopback."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from logloop_analyzer.model.client import ModelClient
from logloop_analyzer.model.prompts import answer_schema
from logloop_analyzer.model.provider import PromptMessage, ProviderFailed, ProviderName, ProviderSettings
from logloop_analyzer.model.verification import check_shape
from logloop_chassis.outbound.egress import EgressGuard
from pydantic import SecretStr

from tests.fakes.llm import Endless, FakeLlm, Hang, Raw, Reset, Say, Status, say
from tests.real.analyzer.harness import ask_once, wire_of

KEY = "sk-canary-0123456789abcdef"
PROVIDERS: tuple[ProviderName, ...] = ("openai", "anthropic", "google", "ollama", "openai-compatible")
VALUE = {
    "summary": 'It "broke" — größer [E1].',
    "claims": [{"text": "t", "evidence": ["E1"], "quote": "q", "confidence": 0.5}],
    "cause_found": True,
    "next_steps": ["look"],
}
PROMPT = [PromptMessage("system", "rules {with braces}"), PromptMessage("user", 'lines {"id": "E1"}')]


@pytest.fixture(scope="module", autouse=True)
def _warm_client_libraries() -> None:
    """Use each library once: the first use takes seconds of CPU time, which must not count towards a deadline."""
    for provider in ("anthropic", "google", "ollama"):
        asyncio.run(ask_once(provider))


@pytest.fixture
async def llm() -> AsyncIterator[FakeLlm]:
    async with FakeLlm(lambda _: say(VALUE)) as server:
        yield server


def settings(llm: FakeLlm, provider: ProviderName = "openai", **more: Any) -> ProviderSettings:
    values = {"timeout_s": 5, "api_key": SecretStr(KEY), "base_url": llm.url(wire_of(provider)), **more}
    return ProviderSettings(provider=provider, model="test-model", **values)


async def ask(
    chosen: ProviderSettings, *, seconds: float = 10, model: ModelClient | None = None
) -> tuple[dict[str, Any], str, Any]:
    pieces: list[str] = []

    async def on_text(piece: str) -> None:
        pieces.append(piece)

    deadline = asyncio.get_running_loop().time() + seconds
    answer = await (model or ModelClient(EgressGuard(loopback=True))).ask(
        chosen, PROMPT, answer_schema(["E1", "E2"]), check_shape, on_text, deadline
    )
    return answer.value, "".join(pieces), answer.usage


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_every_provider_gives_a_structured_answer_and_streams_its_summary(
    llm: FakeLlm, provider: ProviderName
) -> None:
    value, streamed, usage = await ask(settings(llm, provider))
    assert value == VALUE
    assert streamed == VALUE["summary"]
    assert (usage.calls, usage.provider, usage.model) == (1, provider, "test-model")
    assert usage.output_tokens >= 20
    assert llm.asked[0].mode == "json_schema"
    assert "rules {with braces}" in llm.asked[0].prompt


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_the_key_is_sent_in_a_header_and_the_schema_lists_the_allowed_ids(
    llm: FakeLlm, provider: ProviderName
) -> None:
    await ask(settings(llm, provider))
    asked = llm.asked[0]
    assert any(KEY in value for value in asked.headers.values())
    assert KEY not in json.dumps(asked.body) + asked.path
    assert '"enum": ["E1", "E2"]' in json.dumps(asked.body)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_tool_call_is_the_fallback_for_schemas(llm: FakeLlm, provider: ProviderName) -> None:
    llm.reply = lambda asked: (
        Status(400, "response_format is not supported") if asked.mode == "json_schema" else say(VALUE)
    )
    value, _, usage = await ask(settings(llm, provider))
    assert value == VALUE
    assert [asked.mode for asked in llm.asked] == ["json_schema", "tool"]
    assert usage.calls == 2


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_json_in_text_is_the_fallback_for_tool_calls(llm: FakeLlm, provider: ProviderName) -> None:
    llm.script.extend([Say("no idea"), Say("", as_tool=False), Say(f"Sure!\n```json\n{json.dumps(VALUE)}\n```")])
    value, _, _ = await ask(settings(llm, provider))
    assert value == VALUE
    assert [asked.mode for asked in llm.asked] == ["json_schema", "tool", "text"]


async def test_the_method_that_worked_last_time_is_tried_first(llm: FakeLlm) -> None:
    llm.reply = lambda asked: say(VALUE) if asked.mode == "text" else Status(400, "unknown field")
    model = ModelClient(EgressGuard(loopback=True))
    await ask(settings(llm), model=model)
    await ask(settings(llm), model=model)
    assert [asked.mode for asked in llm.asked] == ["json_schema", "tool", "text", "text"]


async def test_the_model_may_correct_invalid_json_once(llm: FakeLlm) -> None:
    llm.reply = lambda asked: Say("not json") if asked.mode != "text" else Say('{"summary": "only half')
    llm.script.extend([Say("x"), Say("x"), Say("still prose")])
    llm.script.append(say(VALUE))
    value, _, usage = await ask(settings(llm))
    assert value == VALUE
    assert usage.calls == 4
    assert "could not be read" in llm.asked[3].prompt


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    ("code", "kind"), [(401, "auth"), (403, "permission"), (404, "not_found"), (500, "server"), (429, "rate_limit")]
)
async def test_an_error_response_ends_with_the_providers_own_words(
    llm: FakeLlm, provider: ProviderName, code: int, kind: str
) -> None:
    llm.reply = lambda _: Status(code, f"provider says no {code} to {KEY}", {"retry-after": "60"})
    with pytest.raises(ProviderFailed) as failed:
        await ask(settings(llm, provider), seconds=3)
    assert failed.value.kind == kind
    assert f"provider says no {code}" in failed.value.message
    assert KEY not in str(failed.value)


async def test_a_retry_waits_as_long_as_the_provider_says(llm: FakeLlm) -> None:
    llm.script.append(Status(429, "slow down", {"retry-after": "0.4"}))
    started = time.monotonic()
    value, _, _ = await ask(settings(llm))
    assert value == VALUE
    assert 0.4 <= time.monotonic() - started < 3
    assert len(llm.asked) == 2


async def test_an_exhausted_quota_is_not_retried(llm: FakeLlm) -> None:
    llm.reply = lambda _: Status(429, "You exceeded your current quota, check your plan and billing details")
    with pytest.raises(ProviderFailed, match="billing"):
        await ask(settings(llm))
    assert len(llm.asked) == 1


@pytest.mark.parametrize("fault", [Status(503, "overloaded"), Reset(), Say(json.dumps(VALUE), reset_after=3)])
async def test_a_temporary_fault_is_retried(llm: FakeLlm, fault: Any) -> None:
    llm.script.append(fault)
    value, _, _ = await ask(settings(llm))
    assert value == VALUE


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("fault", [Hang(), Say(json.dumps(VALUE), hang_after=2)])
async def test_a_hang_ends_at_the_deadline(llm: FakeLlm, provider: ProviderName, fault: Any) -> None:
    llm.reply = lambda _: fault
    started = time.monotonic()
    with pytest.raises(ProviderFailed) as failed:
        await ask(settings(llm, provider, timeout_s=60), seconds=1.5)
    assert failed.value.kind == "timeout"
    assert time.monotonic() - started < 4


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    "fault",
    [
        Raw(b"\x00\xff garbage \xfe", "application/octet-stream"),
        Raw(b"<html>proxy error</html>", "text/html"),
        Raw(b""),
        Raw(b"data: {\n\n"),
        Raw(b'data: {"choices": "x", "candidates": 3, "type": 7}\n\n'),
        Say('{"summary": 3, "claims": "none"}'),
        Say("[]"),
        Say("null"),
    ],
)
async def test_garbage_raises_only_provider_failed(llm: FakeLlm, provider: ProviderName, fault: Any) -> None:
    llm.reply = lambda _: fault
    with pytest.raises(ProviderFailed):
        await ask(settings(llm, provider), seconds=8)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_an_endless_answer_is_cut_off(llm: FakeLlm, provider: ProviderName) -> None:
    llm.reply = lambda _: Endless()
    started = time.monotonic()
    with pytest.raises(ProviderFailed):
        await ask(settings(llm, provider, max_tokens=64), seconds=10)
    assert time.monotonic() - started < 11


async def test_a_prompt_that_is_too_long_has_its_own_kind_of_failure(llm: FakeLlm) -> None:
    llm.reply = lambda _: Status(400, "This model's maximum context length is 8192 tokens")
    with pytest.raises(ProviderFailed) as failed:
        await ask(settings(llm))
    assert failed.value.kind == "too_long"


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_private_address_is_not_called_unless_an_operator_allows_it(
    llm: FakeLlm, provider: ProviderName
) -> None:
    with pytest.raises(ProviderFailed, match="LOGLOOP_EGRESS_ALLOW") as failed:
        await ask(settings(llm, provider), model=ModelClient(EgressGuard()))
    assert failed.value.kind == "blocked"
    assert llm.asked == []


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_name_that_resolves_to_a_private_address_after_the_check_is_not_called(
    llm: FakeLlm, provider: ProviderName, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio_loop = asyncio.get_running_loop()
    real = asyncio_loop.getaddrinfo

    async def rebinding(host: Any, port: Any, **options: Any) -> Any:
        return await real("127.0.0.1" if host == "llm.example.org" else host, port, **options)

    monkeypatch.setattr(asyncio_loop, "getaddrinfo", rebinding)
    chosen = settings(llm, provider, base_url=f"http://llm.example.org:{llm.port}/v1")
    with pytest.raises(ProviderFailed) as failed:
        await ask(chosen, model=ModelClient(EgressGuard()))
    assert failed.value.kind == "blocked"
    assert llm.asked == []


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_redirect_is_not_followed(llm: FakeLlm, provider: ProviderName) -> None:
    async with FakeLlm() as trap:
        llm.reply = lambda _: Status(307, "moved", {"Location": f"{trap.url(wire_of(provider))}/chat/completions"})
        with pytest.raises(ProviderFailed):
            await ask(settings(llm, provider), seconds=5)
        assert trap.asked == []


async def test_tracing_stays_off_whatever_the_environment_says(llm: FakeLlm, monkeypatch: pytest.MonkeyPatch) -> None:
    async with FakeLlm() as trap:
        monkeypatch.setenv("LANGSMITH_TRACING", "true")
        monkeypatch.setenv("LANGCHAIN_TRACING_V2", "true")
        monkeypatch.setenv("LANGSMITH_ENDPOINT", trap.url("ollama"))
        monkeypatch.setenv("LANGSMITH_API_KEY", "ls-key")
        monkeypatch.setenv("HTTP_PROXY", trap.url("ollama"))
        value, _, _ = await ask(settings(llm))
        assert value == VALUE
        assert os.environ["LANGSMITH_TRACING"] == os.environ["LANGCHAIN_TRACING_V2"] == "false"
        assert trap.asked == []
