"""A deliberately wrong log pipeline: it acknowledges and writes in the wrong order, or without identity.

`python naive_pipeline.py <mode>` serves POST /api/v1/logs and the export, and consumes in the same process.
`ack-first` acknowledges a message and writes it after a delay: a kill loses lines.
`no-identity` writes a message as new rows and acknowledges after a delay: a kill duplicates lines.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
import uvicorn
from aio_pika.abc import AbstractIncomingMessage
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse
from pymongo import AsyncMongoClient

QUEUE = "naive"
_DELAY_S = 0.3


def create_app(mode: str, amqp_url: str, mongo_url: str, database: str) -> FastAPI:
    """Return an app with the whole pipeline in one process."""
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongo_url, w="majority", journal=True)
    rows = client[database]["rows"]

    async def handle(message: AbstractIncomingMessage) -> None:
        entries = json.loads(message.body)
        if mode == "ack-first":
            await message.ack()
            await asyncio.sleep(_DELAY_S)
            await rows.insert_many(entries)
        else:
            await rows.insert_many(entries)
            await asyncio.sleep(_DELAY_S)
            await message.ack()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        connection = await aio_pika.connect(amqp_url)
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=50)
        queue = await channel.declare_queue(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
        await queue.consume(handle)
        app.state.exchange = channel.default_exchange
        yield
        await connection.close()

    app = FastAPI(lifespan=lifespan)

    @app.post("/api/v1/logs")
    async def post_logs(request: Request) -> JSONResponse:
        body = await request.body()
        message = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await request.app.state.exchange.publish(message, routing_key=QUEUE)
        return JSONResponse({"accepted": len(json.loads(body))}, status_code=202)

    @app.get("/api/v1/logs/export")
    async def export() -> StreamingResponse:
        async def lines() -> AsyncIterator[str]:
            async for row in rows.find({}, {"_id": 0, "message": 1}):
                yield json.dumps(row) + "\n"

        return StreamingResponse(lines(), media_type="application/x-ndjson")

    @app.get("/readyz")
    async def ready() -> dict[str, str]:
        return {"status": "ready"}

    return app


if __name__ == "__main__":
    uvicorn.run(
        create_app(
            sys.argv[1], os.environ["NAIVE_AMQP_URL"], os.environ["NAIVE_MONGO_URL"], os.environ["NAIVE_DATABASE"]
        ),
        port=int(os.environ["NAIVE_PORT"]),
        log_level="warning",
    )
