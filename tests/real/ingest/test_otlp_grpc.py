"""OTLP over gRPC: the OpenTelemetry SDK as the client, and the codes of refusals."""

import asyncio
from pathlib import Path
from typing import Any

import grpc
import pytest
from logloop.local.ports import free_port
from logloop_chassis.testing import wait_until
from logloop_ingest.listeners.otlp_grpc import METHOD
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource

from tests.real.ingest.conftest import ADMIN_KEY, SHOP_KEY, running


def send(address: str, key: str, *texts: str, credentials: grpc.ChannelCredentials | None = None) -> None:
    """Send with the SDK, encrypted with credentials."""
    provider = LoggerProvider(resource=Resource.create({"service.name": "checkout"}))
    exporter = OTLPLogExporter(
        endpoint=address,
        insecure=credentials is None,
        credentials=credentials,
        headers=(("authorization", f"Bearer {key}"),),
    )
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    logger = provider.get_logger("shop")
    for text in texts:
        logger.emit(body=text, severity_text="WARN")
    provider.shutdown()


async def export(address: str, body: bytes, encrypted: grpc.ChannelCredentials | None = None, **metadata: str) -> Any:
    """Return the response or the error of one call, encrypted with credentials."""
    channels = (
        grpc.aio.insecure_channel(address) if encrypted is None else grpc.aio.secure_channel(address, encrypted)
    )
    async with channels as channel:
        try:
            call: Any = channel.unary_unary(METHOD)
            return await call(body, metadata=tuple(metadata.items()))
        except grpc.aio.AioRpcError as error:
            return error.code()


async def test_records_of_the_sdk_are_stored_and_refusals_have_the_codes_of_the_protocol(
    emptied_amqp_url: str, mongo_url: str
) -> None:
    address = f"127.0.0.1:{free_port()}"
    async with running(emptied_amqp_url, mongo_url, listen=f"otlp+grpc://{address}") as ingest:
        await wait_until(ingest.is_ready)
        await asyncio.to_thread(send, address, SHOP_KEY, "one", "two")
        rows = await ingest.logs()
        assert [(row["message"], row["severity"], row["service_id"]) for row in rows] == [
            ("one", "warn", "checkout"),
            ("two", "warn", "checkout"),
        ]
        assert await export(address, b"") == grpc.StatusCode.UNAUTHENTICATED
        assert await export(address, b"", authorization="Bearer llk_a_b") == grpc.StatusCode.UNAUTHENTICATED
        assert await export(address, b"\xff", authorization=f"Bearer {SHOP_KEY}") == grpc.StatusCode.INVALID_ARGUMENT
        assert await export(address, b"", authorization=f"Bearer {ADMIN_KEY}") == grpc.StatusCode.INVALID_ARGUMENT
        named = {"authorization": f"Bearer {ADMIN_KEY}", "x-scope-orgid": "shop"}
        assert await export(address, b"", None, **named) == b""


async def test_with_tls_the_sdk_sends_encrypted_and_senders_may_need_certificates(
    certificate: tuple[Path, Path], emptied_amqp_url: str, mongo_url: str
) -> None:
    public, key = certificate
    ca, port = public.read_bytes(), free_port()
    anonymous = grpc.ssl_channel_credentials(ca)
    settings: dict[str, Any] = {
        "listen": f"otlp+grpcs://127.0.0.1:{port}", "listen_tls_cert": public, "listen_tls_key": key
    }  # fmt: skip
    async with running(emptied_amqp_url, mongo_url, **settings) as ingest:
        await wait_until(ingest.is_ready)
        await asyncio.to_thread(send, f"localhost:{port}", SHOP_KEY, "encrypted", credentials=anonymous)
        assert [row["message"] for row in await ingest.logs()] == ["encrypted"]
        assert await export(f"127.0.0.1:{port}", b"") == grpc.StatusCode.UNAVAILABLE, "nothing is served without TLS"
    async with running(emptied_amqp_url, mongo_url, **settings, listen_tls_client_ca=public) as ingest:
        await wait_until(ingest.is_ready)
        assert await export(f"localhost:{port}", b"", anonymous) == grpc.StatusCode.UNAVAILABLE
        known = grpc.ssl_channel_credentials(ca, key.read_bytes(), ca)
        assert await export(f"localhost:{port}", b"", known) == grpc.StatusCode.UNAUTHENTICATED
    with pytest.raises(ValueError, match="LOGLOOP_LISTEN_TLS_CERT"):
        async with running(emptied_amqp_url, mongo_url, listen=settings["listen"]):
            pass


async def test_a_used_address_is_named(emptied_amqp_url: str, mongo_url: str) -> None:
    listen = f"otlp+grpc://127.0.0.1:{free_port()}"
    async with running(emptied_amqp_url, mongo_url, listen=listen):
        with pytest.raises(OSError, match="LOGLOOP_LISTEN"):
            async with running(emptied_amqp_url, mongo_url, listen=listen):
                pass
