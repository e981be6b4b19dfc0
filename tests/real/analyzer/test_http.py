"""HTTP routes of the analyzer: provider test, readiness and metrics."""

from tests.fakes.llm import Status
from tests.infra import Infra
from tests.real.analyzer.harness import CASCADE, Running, running


async def test_a_provider_test_returns_the_providers_own_words(analyzer: Running) -> None:
    answer = await analyzer.http.post("/api/v1/analyzer/providers/test", json={"project_id": "shop"})
    assert answer.status_code == 409
    analyzer.use_model()
    ok = (await analyzer.http.post("/api/v1/analyzer/providers/test", json={})).json()
    assert (ok["ok"], ok["detail"], ok["model"]) == (True, "hello", "test-model")
    analyzer.llm.reply = lambda _: Status(401, "Incorrect API key provided: sk-canary-0123456789abcdef")
    bad = (await analyzer.http.post("/api/v1/analyzer/providers/test", json={})).json()
    assert (bad["ok"], bad["failure"]) == (False, "auth")
    assert "Incorrect API key provided" in bad["detail"]
    assert "canary" not in bad["detail"]


async def test_only_administrators_may_test_the_provider(emptied_amqp_url: str, mongo_url: str) -> None:
    async with running(emptied_amqp_url, mongo_url, no_auth=False) as analyzer:
        answer = await analyzer.http.post("/api/v1/analyzer/providers/test", json={})
        assert answer.status_code == 401


async def test_readiness_checks_query(analyzer: Running, infra: Infra) -> None:
    assert infra.amqp_url
    body = (await analyzer.http.get("/readyz")).json()
    assert body["checks"] == {"mongodb": "ok", "rabbitmq": "ok", "query": "ok"}


async def test_metrics_count_what_happened(analyzer: Running) -> None:
    analyzer.use_model()
    await analyzer.ask(CASCADE)
    text = (await analyzer.http.get("/metrics")).text
    for name in ("logloop_analyzer_analyses_total", "logloop_analyzer_model_tokens_total", "logloop_messages_total"):
        assert name in text
