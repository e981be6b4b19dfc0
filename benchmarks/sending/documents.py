"""The baseline: one MongoDB document per log.

`python -m benchmarks.sending.documents intake|lean-intake|writer` runs a part.

The baseline gets every optimisation its design allows: a whole request becomes one confirmed message and one
`insert_many`, with three indexes that searches use, majority and journaled writes, and prefetch. `intake` is the
usual implementation: FastAPI with a list of our own models. `lean-intake` is the minimal one: a bare ASGI app that
checks types without models and publishes the body unchanged.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Literal, NotRequired

import aio_pika
import orjson
import uvicorn
import uvloop
from aio_pika.abc import AbstractExchange, AbstractIncomingMessage
from fastapi import FastAPI
from logloop_contracts.log_entry import LogEntry
from pydantic import TypeAdapter, ValidationError
from pymongo import AsyncMongoClient
from typing_extensions import TypedDict

COLLECTION = "logs"
INDEXES = (
    [("project_id", 1), ("timestamp", -1)],
    [("project_id", 1), ("service_id", 1), ("timestamp", -1)],
    [("project_id", 1), ("severity", 1), ("timestamp", -1)],
)
_PREFETCH = 4
_QUORUM: dict[str, Any] = {"x-queue-type": "quorum"}

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Entry(TypedDict):
    """A log entry as `lean-intake` validates it."""

    project_id: str
    service_id: str
    message: str
    severity: Literal["debug", "info", "warn", "error"]
    timestamp: datetime
    func_id: NotRequired[str]
    source: NotRequired[str]
    attributes: NotRequired[dict[str, Any]]


@asynccontextmanager
async def _exchange(amqp_url: str, queue: str) -> AsyncIterator[AbstractExchange]:
    connection = await aio_pika.connect(amqp_url)
    async with connection:
        channel = await connection.channel(publisher_confirms=True)
        await channel.declare_queue(queue, durable=True, arguments=_QUORUM)
        yield channel.default_exchange


def _message(body: bytes) -> aio_pika.Message:
    return aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)


def usual_intake(amqp_url: str, queue: str) -> FastAPI:
    """FastAPI app that parses a list of models and publishes one confirmed message."""
    entries_json = TypeAdapter(list[LogEntry])

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with _exchange(amqp_url, queue) as exchange:
            app.state.exchange = exchange
            yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/logs", status_code=202)
    async def post_logs(entries: list[LogEntry]) -> dict[str, int]:
        body = entries_json.dump_json(entries, exclude_none=True)
        await app.state.exchange.publish(_message(body), routing_key=queue)
        return {"accepted": len(entries)}

    return app


class LeanIntake:
    """ASGI app that validates the entries, publishes the body with a confirm and returns 202."""

    def __init__(self, amqp_url: str, queue: str) -> None:
        self._url = amqp_url
        self._queue = queue
        self._entries = TypeAdapter(list[Entry])
        self._exchange: AbstractExchange

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request or the lifespan."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await self._post(receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        async with _exchange(self._url, self._queue) as self._exchange:
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _post(self, receive: Receive, send: Send) -> None:
        pieces = []
        more = True
        while more:
            event = await receive()
            pieces.append(event.get("body", b""))
            more = event.get("more_body", False)
        body = b"".join(pieces)
        try:
            self._entries.validate_json(body)
        except ValidationError:
            await _respond(send, 422)
            return
        await self._exchange.publish(_message(body), routing_key=self._queue)
        await _respond(send, 202)


async def _respond(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"{}"})


async def write(amqp_url: str, queue_name: str, mongo_url: str, database: str) -> None:
    """Consume forever: store the entries of a message as documents, then acknowledge it."""
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongo_url, w="majority", journal=True)
    logs = client[database][COLLECTION]
    for index in INDEXES:
        await logs.create_index(index)
    connection = await aio_pika.connect(amqp_url)
    channel = await connection.channel()
    await channel.set_qos(prefetch_count=_PREFETCH)
    queue = await channel.declare_queue(queue_name, durable=True, arguments=_QUORUM)

    async def handle(message: AbstractIncomingMessage) -> None:
        entries = orjson.loads(message.body)
        for entry in entries:
            entry["timestamp"] = datetime.fromisoformat(entry["timestamp"])
        await logs.insert_many(entries, ordered=False)
        await message.ack()

    await queue.consume(handle)
    sys.stdout.write("writing\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def main() -> None:
    """Run one part. Addresses come from the environment; the queue has the name of the database."""
    amqp_url, database = os.environ["BENCH_AMQP_URL"], os.environ["BENCH_MONGO_DATABASE"]
    if sys.argv[1] == "writer":
        uvloop.run(write(amqp_url, database, os.environ["BENCH_MONGO_URL"], database))
        return
    create_app = LeanIntake if sys.argv[1] == "lean-intake" else usual_intake
    uvicorn.run(
        create_app(amqp_url, database),
        port=int(os.environ["BENCH_PORT"]),
        log_level="warning",
        access_log=False,
        loop="uvloop",
        http="httptools",
    )


if __name__ == "__main__":
    main()
