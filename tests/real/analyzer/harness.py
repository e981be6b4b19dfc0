"""Runs the analyzer on real RabbitMQ and MongoDB, with a fake query and model provider on loopback."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import aio_pika
import httpx
from logloop_analyzer.app import create_app
from logloop_analyzer.model.client import ModelClient
from logloop_analyzer.model.provider import PromptMessage, ProviderName, ProviderSettings
from logloop_analyzer.settings import AnalyzerSettings
from logloop_chassis.outbound.egress import EgressGuard
from logloop_chassis.state import ServiceApp
from logloop_chassis.testing import wait_until
from logloop_contracts.analyses import (
    AnalysisCompleted,
    AnalysisFailed,
    AnalysisProgress,
    AnalysisRequested,
    AnalysisScope,
    ThreadMessage,
)
from logloop_contracts.channels import ANALYSES_EXCHANGE, ANALYSIS_REQUESTED
from logloop_contracts.envelope import Event
from pydantic import SecretStr

from tests.fakes.incidents import START, Incident, incident
from tests.fakes.llm import Action, FakeLlm, Say, Wire
from tests.fakes.query_api import FakeQuery, fake_query, is_ready
from tests.infra import fresh_database

SECRET_KEY = "s" * 40
CASCADE = incident("timeout_cascade")
PAYLOADS: dict[str, Any] = {
    "logloop.analyses.progress.v1": AnalysisProgress,
    "logloop.analyses.completed.v1": AnalysisCompleted,
    "logloop.analyses.failed.v1": AnalysisFailed,
}


@dataclass
class Broker:
    """A connection that requests analyses and receives their events."""

    channel: aio_pika.abc.AbstractChannel
    events: list[Event[Any]] = field(default_factory=list)

    async def request(
        self,
        analysis_id: str,
        incident: Incident | None = None,
        *,
        turn: int = 0,
        question: str | None = None,
        messages: tuple[ThreadMessage, ...] = (),
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> str:
        """Publish a request as query does and return its event id."""
        assert incident is not None or (since and until)
        scope = AnalysisScope(
            q="",
            since=since or (incident.since if incident else START),
            until=until or (incident.until if incident else START),
        )
        request = AnalysisRequested(
            analysis_id=analysis_id,
            project_id="shop",
            scope=scope,
            question=question,
            turn=turn,
            messages=list(messages),
        )
        event = Event[AnalysisRequested](
            id=f"{analysis_id}.{turn}",
            source="/logloop/query",
            type=ANALYSIS_REQUESTED.event_type,
            projectid="shop",
            correlationid=analysis_id,
            data=request,
        )
        await self.publish(event.model_dump_json().encode())
        return event.id

    async def publish(self, body: bytes) -> None:
        """Publish bytes to the channel of requests."""
        exchange = await self.channel.get_exchange(ANALYSES_EXCHANGE.name)
        message = aio_pika.Message(body, message_id="m", delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await exchange.publish(message, ANALYSIS_REQUESTED.key)

    def progress(self, analysis_id: str) -> list[AnalysisProgress]:
        """Return the progress events so far."""
        return [
            e.data for e in self.events if isinstance(e.data, AnalysisProgress) and e.data.analysis_id == analysis_id
        ]

    def ends(self, analysis_id: str) -> list[Event[Any]]:
        """Return the final events so far."""
        return [
            e
            for e in self.events
            if isinstance(e.data, AnalysisCompleted | AnalysisFailed) and e.data.analysis_id == analysis_id
        ]

    async def end(self, analysis_id: str, *, timeout_s: float = 30) -> Any:
        """Wait for the payload that ends an analysis."""
        await wait_until(lambda: self.ends(analysis_id), timeout_s=timeout_s)
        return self.ends(analysis_id)[0].data

    async def completed(self, analysis_id: str, *, timeout_s: float = 30) -> AnalysisCompleted:
        """Wait for the report of an analysis; fails if the analysis failed."""
        data = await self.end(analysis_id, timeout_s=timeout_s)
        assert isinstance(data, AnalysisCompleted), data
        return data

    async def failed(self, analysis_id: str, *, timeout_s: float = 30) -> AnalysisFailed:
        """Wait for the failure of an analysis; fails if the analysis completed."""
        data = await self.end(analysis_id, timeout_s=timeout_s)
        assert isinstance(data, AnalysisFailed), data
        return data


@dataclass
class Running:
    """A running analyzer and everything around it."""

    broker: Broker
    query: FakeQuery
    llm: FakeLlm
    app: ServiceApp
    http: httpx.AsyncClient

    def use_model(self, provider: ProviderName = "openai", **more: Any) -> None:
        """Set the model provider of the project."""
        self.query.llm = {
            "source": "project",
            "provider": provider,
            "model": "test-model",
            "base_url": self.llm.url(wire_of(provider)),
            "api_key": "sk-canary-0123456789abcdef",
            "max_tokens": 1000,
            "timeout_s": 20.0,
            "budget_tokens_per_day": None,
            **more,
        }

    async def ask(self, incident: Incident, analysis_id: str = "a1", **more: Any) -> AnalysisCompleted:
        """Serve an incident, request an analysis and wait for its report."""
        self.query.hold(incident)
        self.query.expect(analysis_id)
        await self.broker.request(analysis_id, incident, **more)
        return await self.broker.completed(analysis_id)


def wire_of(provider: ProviderName) -> Wire:
    """Return the wire format of a provider."""
    return "openai" if provider == "openai-compatible" else provider


async def ask_once(provider: ProviderName) -> None:
    """Ask a fake provider one question."""

    async def ignore(_: str) -> None:
        return None

    async with FakeLlm() as llm:
        settings = ProviderSettings(
            provider=provider, model="m", api_key=SecretStr("k"), base_url=llm.url(wire_of(provider))
        )
        schema = {"title": "Answer", "description": "An answer.", "type": "object", "properties": {}}
        messages = [PromptMessage("system", "s"), PromptMessage("user", "u")]
        deadline = asyncio.get_running_loop().time() + 120
        client = ModelClient(EgressGuard(loopback=True))
        await client.ask(settings, messages, schema, lambda _: None, ignore, deadline)


def in_pieces(action: Action, pieces: int, *, pause_s: float) -> Say:
    """Return the same answer, sent in pieces with pauses."""
    assert isinstance(action, Say)
    return Say(action.text, pieces=pieces, pause_s=pause_s)


def settings_for(amqp_url: str, mongo_url: str, query_url: str, **more: Any) -> AnalyzerSettings:
    """Return settings for a test, without authentication."""
    values: dict[str, Any] = {
        "amqp_url": SecretStr(amqp_url),
        "mongo_url": SecretStr(mongo_url),
        "mongo_database": fresh_database(),
        "secret_key": SecretStr(SECRET_KEY),
        "query_url": query_url,
        "no_auth": True,
        "graceful_timeout": 5,
        **more,
    }
    return AnalyzerSettings(**values)


@contextlib.asynccontextmanager
async def listening(amqp_url: str) -> AsyncIterator[Broker]:
    """Open a Broker on existing topology."""
    connection = await aio_pika.connect(amqp_url)
    async with connection, connection.channel() as channel:
        broker = Broker(channel)
        queue = await channel.declare_queue(exclusive=True)
        exchange = await channel.get_exchange(ANALYSES_EXCHANGE.name)
        for event_type in PAYLOADS:
            await queue.bind(exchange, event_type.removeprefix(f"{ANALYSES_EXCHANGE.name}."))

        async def record(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            kind: Any = Event.__class_getitem__(PAYLOADS[json.loads(message.body)["type"]])
            broker.events.append(kind.model_validate_json(message.body))

        await queue.consume(record, no_ack=True)
        yield broker


@contextlib.asynccontextmanager
async def started(
    amqp_url: str, mongo_url: str, query: FakeQuery, llm: FakeLlm, **more: Any
) -> AsyncIterator[Running]:
    """Start an analyzer with a given query and model provider, and wait until it is ready."""
    app = create_app(settings_for(amqp_url, mongo_url, query.url, **more))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as http,
    ):
        await wait_until(lambda: is_ready(http))
        async with listening(amqp_url) as broker:
            yield Running(broker, query, llm, app, http)


@contextlib.asynccontextmanager
async def running(amqp_url: str, mongo_url: str, **more: Any) -> AsyncIterator[Running]:
    """Start an analyzer with its own query and model provider, and wait until it is ready."""
    async with (
        fake_query(SECRET_KEY) as query,
        FakeLlm() as llm,
        started(amqp_url, mongo_url, query, llm, **more) as it,
    ):
        yield it
