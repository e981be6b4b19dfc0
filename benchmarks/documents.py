"""The baseline: one MongoDB document a log. `python -m benchmarks.documents intake|writer` runs one half.

It must not be weaker than it need be: typed validation without models, the body published as it came, one
`insert_many` of a whole request, three indexes that searches use, majority and journaled writes, prefetch.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Literal, NotRequired

import aio_pika
import orjson
import uvicorn
import uvloop
from aio_pika.abc import AbstractIncomingMessage
from pydantic import TypeAdapter, ValidationError
from pymongo import AsyncMongoClient
from typing_extensions import TypedDict

QUEUE = "documents"
COLLECTION = "logs"
INDEXES = (
    [("project_id", 1), ("timestamp", -1)],
    [("project_id", 1), ("service_id", 1), ("timestamp", -1)],
    [("project_id", 1), ("severity", 1), ("timestamp", -1)],
)
_PREFETCH = 4

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Entry(TypedDict):
    """A log entry as validated before it is accepted."""

    project_id: str
    service_id: str
    message: str
    severity: Literal["debug", "info", "warn", "error"]
    timestamp: datetime
    func_id: NotRequired[str]
    source: NotRequired[str]
    attributes: NotRequired[dict[str, Any]]


class Intake:
    """ASGI app: check the entries, publish the body with a confirm, answer 202."""

    def __init__(self, amqp_url: str) -> None:
        self._url = amqp_url
        self._entries = TypeAdapter(list[Entry])
        self._exchange: aio_pika.abc.AbstractExchange | None = None

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request, or the lifespan."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await self._post(receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        connection = await aio_pika.connect(self._url)
        channel = await connection.channel(publisher_confirms=True)
        await channel.declare_queue(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
        self._exchange = channel.default_exchange
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await connection.close()
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
            await _answer(send, 422)
            return
        assert self._exchange is not None
        message = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await self._exchange.publish(message, routing_key=QUEUE)
        await _answer(send, 202)


async def _answer(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"{}"})


async def write(amqp_url: str, mongo_url: str, database: str) -> None:
    """Consume for ever: a message becomes documents, then it is acknowledged."""
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongo_url, w="majority", journal=True)
    logs = client[database][COLLECTION]
    for index in INDEXES:
        await logs.create_index(index)
    connection = await aio_pika.connect(amqp_url)
    channel = await connection.channel()
    await channel.set_qos(prefetch_count=_PREFETCH)
    queue = await channel.declare_queue(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})

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
    """Run one of the two processes; where things are comes from the environment."""
    amqp_url = os.environ["BENCH_AMQP_URL"]
    if sys.argv[1] == "intake":
        uvicorn.run(
            Intake(amqp_url),
            port=int(os.environ["BENCH_PORT"]),
            log_level="warning",
            access_log=False,
            loop="uvloop",
            http="httptools",
        )
    else:
        uvloop.run(write(amqp_url, os.environ["BENCH_MONGO_URL"], os.environ["BENCH_MONGO_DATABASE"]))


if __name__ == "__main__":
    main()
