"""A service on real RabbitMQ and MongoDB: readiness, confirmed publishing, retries, dead letters, restarts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
import httpx
import pytest
from logloop_chassis.app import service_app
from logloop_chassis.messaging.consuming import event_handler, subscribe
from logloop_chassis.messaging.failures import Dead, RetryLater, Skip
from logloop_chassis.messaging.publisher import NotPublished
from logloop_chassis.settings import ServiceSettings
from logloop_chassis.state import Resources, ServiceApp
from logloop_chassis.testing import wait_until
from logloop_contracts.analyses import AnalysisProgress
from logloop_contracts.channels import ANALYSES_EXCHANGE, ANALYSIS_PROGRESS, CI_DISPATCHED, QUERY_ANALYSES
from logloop_contracts.ci import Dispatched
from logloop_contracts.envelope import Event

from tests.infra import fresh_database, rabbit_node

DEAD = "/api/v1/query/dead-letters"


def settings(amqp_url: str, mongo_url: str) -> ServiceSettings:
    return ServiceSettings(
        amqp_url=amqp_url, mongo_url=mongo_url, mongo_database=fresh_database(), secret_key="s" * 32, no_auth=True
    )


class Running:
    """A service with one consumer, whose outcome depends on the text of the message."""

    def __init__(self, app: ServiceApp, client: httpx.AsyncClient) -> None:
        self.app = app
        self.client = client
        self.seen: list[str] = []
        self.attempts: dict[str, int] = {}

    @property
    def resources(self) -> Resources[ServiceSettings]:
        return self.app.resources

    async def handle(self, event: Event[AnalysisProgress]) -> None:
        text = event.data.text or ""
        self.seen.append(text)
        tries = self.attempts[text] = self.attempts.get(text, 0) + 1
        if text == "dead":
            raise Dead("no_use", "this can never work")
        if text == "skip":
            raise Skip("done before")
        if text == "later" and tries < 3:
            raise RetryLater("not yet", delay_s=0.05)

    async def publish(self, text: str) -> None:
        progress = AnalysisProgress(analysis_id="a", seq=1, stage="started", text=text)
        await self.resources.publisher.publish_event(
            ANALYSIS_PROGRESS, progress, project_id="shop", event_id=f"e-{text}"
        )

    async def dead_letters(self) -> dict[str, Any]:
        response = await self.client.get(DEAD)
        response.raise_for_status()
        body: dict[str, Any] = response.json()
        return body

    async def is_ready(self) -> bool:
        return (await self.client.get("/readyz")).status_code == 200


@asynccontextmanager
async def running(configured: ServiceSettings) -> AsyncIterator[Running]:
    holder: list[Running] = []

    @asynccontextmanager
    async def open_service(resources: Resources[ServiceSettings]) -> AsyncIterator[None]:
        handler = event_handler({ANALYSIS_PROGRESS: holder[0].handle})
        subscribe(resources.consumer, QUERY_ANALYSES, handler, resources.publisher, prefetch=10)
        yield

    app = service_app(
        configured,
        service="query",
        title="t",
        description="d",
        open_service=open_service,
        dead_letter_prefix=DEAD,
        tags=[],
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        holder.append(Running(app, client))
        async with app.router.lifespan_context(app):
            yield holder[0]


@pytest.fixture
async def service(fresh_amqp_url: str, mongo_url: str) -> AsyncIterator[Running]:
    async with running(settings(fresh_amqp_url, mongo_url)) as started:
        await wait_until(started.is_ready)
        yield started


async def test_readiness_names_an_unavailable_dependency(mongo_url: str) -> None:
    async with running(settings("amqp://guest:guest@127.0.0.1:1/", mongo_url)) as started:
        assert (await started.client.get("/livez")).status_code == 200
        response = await started.client.get("/readyz")
        assert response.status_code == 503
        assert response.json()["checks"]["mongodb"] == "ok"
        assert response.json()["checks"]["rabbitmq"] != "ok"
        with pytest.raises(NotPublished) as error:
            await started.publish("x")
        assert error.value.reason == "unreachable"


async def test_a_message_is_retried_until_it_succeeds(service: Running) -> None:
    await service.publish("later")
    await wait_until(lambda: service.attempts.get("later") == 3)
    assert (await service.dead_letters())["total"] == 0


async def test_a_dead_letter_has_a_reason_and_can_be_retried_and_deleted(service: Running) -> None:
    await service.publish("dead")

    async def letters() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await service.dead_letters())["items"]
        return items

    [letter] = await wait_until(letters)
    assert (letter["reason"], letter["detail"], letter["routing_key"]) == (
        "no_use",
        "this can never work",
        "progress.v1",
    )
    for _ in range(25):  # listing does not consume the letter
        assert len(await letters()) == 1

    path = f"{DEAD}/{letter['queue']}/{letter['id']}"
    assert (await service.client.post(f"{path}/retry")).status_code == 204
    await wait_until(lambda: service.attempts["dead"] == 2)
    await wait_until(letters)
    assert (await service.client.delete(path)).status_code == 204
    assert await letters() == []
    assert (await service.client.delete(path)).status_code == 404
    assert (await service.client.delete(f"{DEAD}/nope/x")).status_code == 404


async def test_a_skipped_message_is_acknowledged(service: Running) -> None:
    await service.publish("skip")
    await service.publish("ok")
    await wait_until(lambda: {"skip", "ok"} <= set(service.seen))
    assert (await service.dead_letters())["total"] == 0


@pytest.mark.parametrize("body", [b"junk", b"{}", b"\xff\xfe", b'{"specversion":"1.0"}'])
async def test_an_invalid_event_is_dead_lettered_and_the_next_message_is_handled(
    service: Running, body: bytes
) -> None:
    await service.resources.publisher.publish_bytes(
        ANALYSES_EXCHANGE.name, ANALYSIS_PROGRESS.key, body, headers={}, message_id="junk", content_type="text/plain"
    )
    await service.publish("ok")
    await wait_until(lambda: "ok" in service.seen)

    async def dead_lettered() -> bool:
        return bool((await service.dead_letters())["total"] == 1)

    await wait_until(dead_lettered)


async def test_publishing_an_unroutable_message_raises(service: Running) -> None:
    with pytest.raises(NotPublished) as error:
        await service.resources.publisher.publish_bytes(
            ANALYSES_EXCHANGE.name, "unbound.v9", b"x", headers={}, message_id="x", content_type="text/plain"
        )
    assert error.value.reason == "unroutable"
    await service.publish("ok")
    await wait_until(lambda: "ok" in service.seen)


async def test_an_event_without_subscribers_can_be_published(service: Running) -> None:
    dispatched = Dispatched(
        dispatch_id="d", project_id="shop", correlation_id="c", repository="a/b", event_type="t", mode="console"
    )
    event = await service.resources.publisher.publish_event(CI_DISPATCHED, dispatched, project_id="shop")
    assert event.type == "logloop.ci.dispatched.v1"


async def test_a_queue_with_conflicting_settings_is_reported_and_not_deleted(
    fresh_amqp_url: str, mongo_url: str
) -> None:
    connection = await aio_pika.connect(fresh_amqp_url)
    async with connection, connection.channel() as channel:
        await channel.declare_queue(QUERY_ANALYSES.name, durable=True)
        async with running(settings(fresh_amqp_url, mongo_url)) as started:

            async def topology_error() -> str:
                return str((await started.client.get("/readyz")).json()["checks"].get("topology", ""))

            assert QUERY_ANALYSES.name in await wait_until(topology_error)
        await channel.declare_queue(QUERY_ANALYSES.name, passive=True)


@pytest.mark.fault
async def test_a_broker_outage_is_waited_out_and_no_confirmed_message_is_lost(mongo_url: str) -> None:
    with rabbit_node() as node:
        async with running(settings(node.url, mongo_url)) as started:
            await wait_until(started.is_ready)
            await started.publish("before")
            await asyncio.to_thread(node.kill)
            with pytest.raises(NotPublished):
                await started.publish("during the outage")
            await asyncio.to_thread(node.start)

            async def published() -> bool:
                try:
                    await started.publish("after")
                except NotPublished:
                    return False
                return True

            await wait_until(published, timeout_s=60)
            await wait_until(lambda: {"before", "after"} <= set(started.seen), timeout_s=60)
            await wait_until(started.is_ready, timeout_s=60)
