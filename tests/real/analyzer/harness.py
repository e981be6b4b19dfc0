"""The analyzer on real RabbitMQ and MongoDB, with query and the model provider on loopback."""

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import aio_pika
import httpx
from fastapi import FastAPI
from logloop_analyzer.app import create_app
from logloop_analyzer.settings import AnalyzerSettings
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

from tests.fakes.incidents import START, Incident
from tests.fakes.llm import FakeLlm
from tests.fakes.query_api import FakeQuery, fake_query, is_ready
from tests.infra import fresh_database

SECRET_KEY = "s" * 40
PAYLOADS: dict[str, Any] = {
    "logloop.analyses.progress.v1": AnalysisProgress,
    "logloop.analyses.completed.v1": AnalysisCompleted,
    "logloop.analyses.failed.v1": AnalysisFailed,
}


@dataclass
class Broker:
    """A connection that asks for analyses and listens to what is told about them."""

    channel: aio_pika.abc.AbstractChannel
    told: list[Event[Any]] = field(default_factory=list)

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
        """Publish a request as query does; returns its event id."""
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
        """Publish bytes where requests go."""
        exchange = await self.channel.get_exchange(ANALYSES_EXCHANGE.name)
        message = aio_pika.Message(body, message_id="m", delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await exchange.publish(message, ANALYSIS_REQUESTED.key)

    def progress(self, analysis_id: str) -> list[AnalysisProgress]:
        """Steps told so far."""
        return [
            e.data for e in self.told if isinstance(e.data, AnalysisProgress) and e.data.analysis_id == analysis_id
        ]

    def ends(self, analysis_id: str) -> list[Event[Any]]:
        """Ends told so far."""
        return [
            e
            for e in self.told
            if isinstance(e.data, AnalysisCompleted | AnalysisFailed) and e.data.analysis_id == analysis_id
        ]

    async def end(self, analysis_id: str, *, timeout_s: float = 30) -> Any:
        """The payload that ends an analysis."""
        await wait_until(lambda: self.ends(analysis_id), timeout_s=timeout_s)
        return self.ends(analysis_id)[0].data

    async def completed(self, analysis_id: str, *, timeout_s: float = 30) -> AnalysisCompleted:
        """The report of an analysis; fails when it failed."""
        data = await self.end(analysis_id, timeout_s=timeout_s)
        assert isinstance(data, AnalysisCompleted), data
        return data

    async def failed(self, analysis_id: str, *, timeout_s: float = 30) -> AnalysisFailed:
        """The failure of an analysis; fails when it completed."""
        data = await self.end(analysis_id, timeout_s=timeout_s)
        assert isinstance(data, AnalysisFailed), data
        return data


@dataclass
class Running:
    """Everything around a running analyzer."""

    broker: Broker
    query: FakeQuery
    llm: FakeLlm
    app: FastAPI
    http: httpx.AsyncClient

    def use_model(self, provider: str = "openai", **more: Any) -> None:
        """Set the project's model provider."""
        wire: Any = "openai" if provider == "openai-compatible" else provider
        self.query.llm = {
            "source": "project",
            "provider": provider,
            "model": "test-model",
            "base_url": self.llm.url(wire),
            "api_key": "sk-canary-0123456789abcdef",
            "max_tokens": 1000,
            "timeout_s": 20.0,
            "budget_tokens_per_day": None,
            **more,
        }

    async def ask(self, incident: Incident, analysis_id: str = "a1", **more: Any) -> AnalysisCompleted:
        """Hold an incident, request an analysis and wait for its report."""
        self.query.hold(incident)
        self.query.expect(analysis_id)
        await self.broker.request(analysis_id, incident, **more)
        return await self.broker.completed(analysis_id)


def settings_for(amqp_url: str, mongo_url: str, query_url: str, **more: Any) -> AnalyzerSettings:
    """Settings of a test's analyzer; nobody has to sign in."""
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
    """A Broker over topology that exists already."""
    connection = await aio_pika.connect(amqp_url)
    async with connection, connection.channel() as channel:
        broker = Broker(channel)
        queue = await channel.declare_queue(exclusive=True)
        exchange = await channel.get_exchange(ANALYSES_EXCHANGE.name)
        for event_type in PAYLOADS:
            await queue.bind(exchange, event_type.removeprefix(f"{ANALYSES_EXCHANGE.name}."))

        async def note(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            kind: Any = Event.__class_getitem__(PAYLOADS[json.loads(message.body)["type"]])
            broker.told.append(kind.model_validate_json(message.body))

        await queue.consume(note, no_ack=True)
        yield broker


@contextlib.asynccontextmanager
async def started(
    amqp_url: str, mongo_url: str, query: FakeQuery, llm: FakeLlm, **more: Any
) -> AsyncIterator[Running]:
    """An analyzer that is ready, beside a query and a model provider that are there already."""
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
    """An analyzer that is ready, with a query and a model provider of its own."""
    async with (
        fake_query(SECRET_KEY) as query,
        FakeLlm() as llm,
        started(amqp_url, mongo_url, query, llm, **more) as it,
    ):
        yield it
