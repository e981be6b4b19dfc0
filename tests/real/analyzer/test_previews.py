"""A preview shows what an analysis reads and sends, without sending it."""

import asyncio
import json
from typing import Any

import httpx
from logloop_contracts.analyses import AnalysisScope

from tests.fakes.incidents import incident
from tests.real.analyzer.harness import CASCADE, Running, running

PATH = "/api/v1/analyzer/previews"


def _request(**more: Any) -> dict[str, Any]:
    scope = AnalysisScope(q="", since=CASCADE.since, until=CASCADE.until)
    return {"project_id": "shop", **scope.model_dump(mode="json"), **more}


async def _preview(analyzer: Running, **more: Any) -> dict[str, Any]:
    response = await analyzer.http.post(PATH, json=_request(**more))
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


async def test_a_preview_is_the_prompt_that_the_analysis_then_sends(analyzer: Running) -> None:
    analyzer.query.hold(CASCADE)
    measured = await _preview(analyzer)
    assert measured["model"] is None
    assert "no model provider" in measured["reason"]
    assert measured["logs"] == CASCADE.window.num_rows
    assert measured["baseline_logs"] == CASCADE.baseline.num_rows
    assert measured["findings"] > 0

    analyzer.use_model()
    model = (await _preview(analyzer))["model"]
    assert analyzer.llm.asked == []
    assert (model["provider"], model["model"]) == ("openai", "test-model")
    assert model["host"] == f"127.0.0.1:{analyzer.llm.port}"
    assert "canary" not in json.dumps(model)
    await analyzer.ask(CASCADE)
    sent = analyzer.llm.asked[0]
    assert model["lines"] == len(sent.lines)
    shown = "\n".join(item["text"] for item in model["prompt"])
    assert [row for row in shown.splitlines() if row.startswith('{"id"')] == [
        row for row in sent.prompt.splitlines() if row.startswith('{"id"')
    ]
    assert abs(model["tokens"] - len(shown.encode()) / 3) < 2


async def test_a_preview_counts_masked_values_and_contains_none(analyzer: Running) -> None:
    analyzer.use_model()
    analyzer.query.hold(CASCADE)
    secret = "ghp_" + "a1B2" * 8
    model = (await _preview(analyzer, question=f"Is {secret} of eve@example.org valid?"))["model"]
    assert model["masked"] == {"EMAIL": 1, "TOKEN": 1}
    text = json.dumps(model["prompt"])
    assert secret not in text
    assert "<TOKEN_1>" in text


async def test_a_preview_says_what_the_answer_costs_at_most(analyzer: Running) -> None:
    analyzer.query.hold(CASCADE)
    analyzer.use_model(max_tokens=1000)
    assert (await _preview(analyzer))["model"]["price"] is None
    analyzer.use_model(max_tokens=1000, input_price=0.5, output_price=4)
    model = (await _preview(analyzer))["model"]
    assert model["price"] == (model["tokens"] * 0.5 + 1000 * 4) / 1_000_000


async def test_a_preview_says_why_no_model_would_be_asked(analyzer: Running) -> None:
    analyzer.use_model()
    analyzer.query.hold(incident("no_fault"))
    body = await _preview(analyzer)
    assert body["model"] is None
    assert "no change is statistically significant" in body["reason"]


async def test_invalid_ranges_and_too_many_previews_are_rejected(analyzer: Running) -> None:
    turned = _request(since=_request()["until"], until=_request()["since"])
    response = await analyzer.http.post(PATH, json=turned)
    assert response.status_code == 422
    assert "since must be before until" in response.text
    analyzer.query.hold(CASCADE)
    many = await asyncio.gather(*(analyzer.http.post(PATH, json=_request()) for _ in range(12)))
    statuses = [response.status_code for response in many]
    assert set(statuses) == {200, 429}
    assert all(response.headers["Retry-After"] for response in many if response.status_code == 429)


async def test_a_preview_needs_the_right_to_request_an_analysis(emptied_amqp_url: str, mongo_url: str) -> None:
    async with running(emptied_amqp_url, mongo_url, no_auth=False) as analyzer:
        response: httpx.Response = await analyzer.http.post(PATH, json=_request())
        assert response.status_code == 401
