"""Listeners on real sockets, before a broker that confirms, waits or is away."""

import asyncio
import contextlib
import gzip
import hashlib
import json
import socket
import ssl
import zlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import msgpack
import pytest
from logloop_chassis.messaging.publisher import NotPublished
from logloop_chassis.testing import wait_until
from logloop_ingest.limits import Limits
from logloop_ingest.listeners.addresses import InvalidAddress, parse_address, parse_addresses
from logloop_ingest.listeners.gelf_chunks import MAGIC
from logloop_ingest.listeners.intake import CLAIMED_TIME, Receiver
from logloop_ingest.listeners.listen_secrets import ListenSecrets
from logloop_ingest.listeners.opening import listening
from logloop_ingest.rate_limits import KeyLimits
from logloop_ingest.telemetry import LISTENER_LOST, REFUSED_BY_KEY_LIMITS

from tests.unit.ingest.harness import Ingest, NoUsage, ingest_service

AWAY = NotPublished("unreachable", "RabbitMQ is unavailable")


@asynccontextmanager
async def listener(
    address: str,
    secrets: ListenSecrets | None = None,
    *,
    limits: Limits | None = None,
    stopping: asyncio.Event | None = None,
) -> AsyncIterator[tuple[Ingest, int]]:
    """Ingest with one listener, and its port."""
    async with AsyncExitStack() as stack:
        ingest = await stack.enter_async_context(ingest_service())
        receiver = Receiver(
            ingest.accept, ingest.in_flight, KeyLimits(NoUsage()), limits or Limits(), stopping or asyncio.Event()
        )
        protocol, _, query = address.partition("?")
        parsed = parse_address(f"{protocol}://127.0.0.1:0?project=shop&{query}")
        [opened] = await stack.enter_async_context(listening([parsed], receiver, secrets or ListenSecrets()))
        yield ingest, opened.port


async def has(ingest: Ingest, count: int) -> list[dict[str, Any]]:
    await wait_until(lambda: sum(int(headers["x-count"]) for *_, headers, _ in ingest.broker.published) >= count)
    return ingest.broker.logs


async def send(port: int, data: bytes, tls: ssl.SSLContext | None = None) -> None:
    _, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=tls, server_hostname="localhost" if tls else None
    )
    writer.write(data)
    await writer.drain()
    writer.close()
    await writer.wait_closed()


def send_datagrams(port: int, *datagrams: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for data in datagrams:
            sender.sendto(data, ("127.0.0.1", port))


def lost(door: str, reason: str) -> float:
    return float(LISTENER_LOST.labels(door, reason)._value.get())


async def test_syslog_over_tcp_in_both_framings() -> None:
    async with listener("syslog+tcp") as (ingest, port):
        await send(port, b"<34>Nov 22 11:06:01 web1 su: one\n15 <13>app: t\nw\no!<13>app: three")
        logs = await has(ingest, 3)
    assert [log["message"] for log in logs] == ["one", "t\nw\no!", "three"]
    assert {log["project_id"] for log in logs} == {"shop"}
    assert [log["service_id"] for log in logs] == ["su", "app", "app"]
    assert (logs[0]["severity"], logs[0]["source"]) == ("error", "syslog")


async def test_syslog_over_udp_with_the_defaults_of_the_listener() -> None:
    async with listener("syslog+udp?service=router&timezone=Europe/Berlin") as (ingest, port):
        send_datagrams(
            port, b"<34>Nov 22 11:06:01 %LINK-3-UPDOWN: down", b"", b"<13>1 2099-01-01T00:00:00Z h a - - - far"
        )
        logs = await has(ingest, 2)
    assert [log["service_id"] for log in logs] == ["router", "a"]
    attributes = [json.loads(log["attributes"]) for log in logs]
    assert attributes[0]["host.name"] == "127.0.0.1"
    assert str(logs[0]["timestamp"]).startswith("2026-11-22 10:06:01")
    assert attributes[1][CLAIMED_TIME] == "4070908800000000", "a time that would be refused costs no log"


async def test_gelf_over_udp_chunked_and_compressed_and_over_tcp() -> None:
    def document(number: int) -> bytes:
        return json.dumps(
            {"version": "1.1", "host": "web1", "short_message": f"m{number}", "level": 3, "_k": "v"}
        ).encode()

    whole = zlib.compress(document(3))
    half = len(whole) // 2
    async with listener("gelf+udp") as (ingest, port):
        send_datagrams(port, document(1), gzip.compress(document(2)))
        send_datagrams(
            port, *(MAGIC + b"idididid" + bytes([n, 2]) + part for n, part in ((1, whole[half:]), (0, whole[:half])))
        )
        send_datagrams(port, b"no JSON")
        logs = await has(ingest, 4)
    assert [log["message"] for log in logs] == ["m1", "m2", "m3", "no JSON"]
    assert (logs[2]["severity"], logs[2]["service_id"]) == ("error", "web1")
    assert json.loads(logs[2]["attributes"])["k"] == "v"
    async with listener("gelf+tcp?service=app") as (ingest, port):
        await send(port, document(5) + b"\0" + document(6) + b"\0")
        logs = await has(ingest, 2)
    assert [(log["message"], log["service_id"]) for log in logs] == [("m5", "app"), ("m6", "app")]


# -- forward


def event_time(seconds: int, nanoseconds: int) -> msgpack.ExtType:
    return msgpack.ExtType(0, seconds.to_bytes(4, "big") + nanoseconds.to_bytes(4, "big"))


def record(number: int) -> list[Any]:
    return [event_time(1_795_000_000, 123_456_000), {"log": f"m{number}", "level": "error", "n": {"a": [1, b"x"]}}]


async def test_forward_in_all_four_modes_with_acknowledgements_after_the_confirm() -> None:
    packed = b"".join(msgpack.packb(record(n)) for n in (3, 4))
    squeezed = gzip.compress(msgpack.packb(record(5))) + gzip.compress(
        msgpack.packb([[1_795_000_000, {"m": 1}], {"log": "m6"}])
    )
    messages = (
        ["app.web", 1_795_000_000, {"message": "m1"}, {"chunk": "c1"}],
        ["app.web", [record(2)], {"chunk": "c2"}],
        ["app.web", packed, {"size": 2, "chunk": "c3"}],
        ["app.web", squeezed, {"compressed": "gzip", "chunk": "c4"}],
    )
    async with listener("forward+tcp") as (ingest, port):
        ingest.broker.gate.clear()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answers = msgpack.Unpacker()
        writer.write(b"".join(msgpack.packb(message) for message in messages))
        await wait_until(lambda: ingest.broker.seen)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(100), 0.05)
        ingest.broker.gate.set()
        acknowledged: list[str] = []
        while len(acknowledged) < 4:
            answers.feed(await reader.read(100))
            acknowledged += [answer["ack"] for answer in answers]
        # What is sent again, because its acknowledgement was lost, is not stored again.
        writer.write(msgpack.packb(messages[2]))
        answers.feed(await reader.read(100))
        assert next(answers) == {"ack": "c3"}
        writer.close()
    logs = ingest.broker.logs
    assert acknowledged == ["c1", "c2", "c3", "c4"]
    assert [log["message"] for log in logs] == [f"m{n}" for n in range(1, 7)]
    assert (logs[1]["service_id"], logs[1]["severity"]) == ("app.web", "error")
    assert str(logs[1]["timestamp"]).endswith(".123456+00:00")
    assert json.loads(logs[1]["attributes"])["n"] == {"a": [1, "x"]}
    assert json.loads(logs[5]["attributes"])["fluent.metadata"] == {"m": 1}


async def handshake(port: int, key: str) -> tuple[list[Any], asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    stream = msgpack.Unpacker()
    stream.feed(await reader.read(1000))
    kind, option = next(stream)
    assert kind == "HELO"
    digest = hashlib.sha512(b"salt" + b"me" + option["nonce"] + key.encode()).hexdigest()
    writer.write(msgpack.packb(["PING", "me", b"salt", digest, "", ""]))
    stream.feed(await reader.read(1000))
    pong = next(stream)
    expected = hashlib.sha512(b"salt" + pong[3].encode() + option["nonce"] + key.encode()).hexdigest()
    assert not pong[1] or pong[4] == expected
    return pong, reader, writer


async def test_a_shared_key_is_checked_on_both_sides() -> None:
    async with listener("forward+tcp", ListenSecrets(shared_key="secret")) as (ingest, port):
        pong, reader, writer = await handshake(port, "wrong")
        assert pong[1:3] == [False, "the shared key does not match"]
        assert await reader.read() == b"", "the connection is closed"
        await send(port, msgpack.packb(["tag", 1_795_000_000, {"log": "without a handshake"}]))
        pong, reader, writer = await handshake(port, "secret")
        assert pong[:3] == ["PONG", True, ""]
        writer.write(msgpack.packb(["tag", 1_795_000_000, {"log": "known"}]))
        logs = await has(ingest, 1)
        writer.close()
    assert [log["message"] for log in logs] == ["known"]


@pytest.mark.parametrize(
    "data", [b"\xc1", msgpack.packb({"a": 1}), msgpack.packb(["tag"]), msgpack.packb(["t", b"\xc1"])]
)
async def test_what_is_not_the_forward_protocol_closes_the_connection_and_is_counted(data: bytes) -> None:
    before = lost("forward", "malformed")
    async with listener("forward+tcp") as (ingest, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(data)
        assert await reader.read() == b""
        writer.close()
    assert lost("forward", "malformed") == before + 1
    assert ingest.broker.logs == []


# -- outages and limits


async def test_a_sender_over_tcp_waits_while_the_broker_is_away_and_loses_nothing() -> None:
    lines = b"".join(b"<13>app: line %06d of a sender that is faster than the broker\n" % n for n in range(60_000))
    async with listener("syslog+tcp") as (ingest, port):
        ingest.broker.failure = AWAY
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.transport.set_write_buffer_limits(high=0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * 1024)
        sending = asyncio.create_task(_drained(writer, lines))
        await wait_until(lambda: ingest.broker.seen > 1)
        assert not sending.done(), "it cannot send on"
        ingest.broker.failure = None
        await sending
        writer.close()
        logs = await has(ingest, 60_000)
    assert [log["message"][:11] for log in logs] == [f"line {n:06}" for n in range(60_000)]


async def _drained(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(data)
    await writer.drain()


async def test_datagrams_beyond_the_buffer_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logloop_ingest.listeners.datagrams.BUFFER_MESSAGES", 5)
    monkeypatch.setattr("logloop_ingest.listeners.datagrams.BATCH", 1)
    before = lost("syslog", "buffer_full")
    async with listener("syslog+udp") as (ingest, port):
        ingest.broker.gate.clear()
        send_datagrams(port, b"<13>app: first")
        await wait_until(lambda: ingest.broker.seen)
        send_datagrams(port, *(b"<13>app: %d" % n for n in range(9)))
        await wait_until(lambda: lost("syslog", "buffer_full") == before + 4)
        ingest.broker.gate.set()
        logs = await has(ingest, 6)
    assert [log["message"] for log in logs] == ["first", "0", "1", "2", "3", "4"]


async def test_what_was_read_is_stored_when_ingest_stops_and_counted_when_it_cannot_be() -> None:
    async with listener("syslog+tcp") as (ingest, port):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"<13>app: one\n<13>app: without an end")
        await has(ingest, 1)
    assert [log["message"] for log in ingest.broker.logs] == ["one", "without an end"]
    writer.close()

    before, stopping = lost("syslog", "stopped"), asyncio.Event()
    async with listener("syslog+tcp", stopping=stopping) as (ingest, port):
        ingest.broker.failure = AWAY
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"<13>app: one\n<13>app: two\n")
        await wait_until(lambda: ingest.broker.seen)
        stopping.set()
    assert lost("syslog", "stopped") == before + 2
    writer.close()


async def test_connections_rates_and_silence_are_limited() -> None:
    async with listener("syslog+tcp?max_connections=1&idle_s=1") as (ingest, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"<13>app: one\n")
        await has(ingest, 1)
        second, other = await asyncio.open_connection("127.0.0.1", port)
        assert await second.read() == b"", "a second connection is closed at once"
        other.close()
        assert await reader.read() == b"", "a silent connection is closed"
        writer.close()
    stopping = asyncio.Event()
    async with listener("syslog+udp?max_bytes_per_s=1", stopping=stopping) as (ingest, port):
        send_datagrams(port, b"<13>app: the first one uses up what the rate permits")
        await has(ingest, 1)
        before = REFUSED_BY_KEY_LIMITS.labels("rate")._value.get()
        send_datagrams(port, b"<13>app: this one waits")
        await wait_until(lambda: REFUSED_BY_KEY_LIMITS.labels("rate")._value.get() > before)
        assert len(ingest.broker.logs) == 1
        stopping.set()


async def test_tls_with_certificates_of_senders(certificate: tuple[Path, Path]) -> None:
    public, key = certificate
    client = ssl.create_default_context(cafile=str(public))
    async with listener("syslog+tls", ListenSecrets(public, key)) as (ingest, port):
        await send(port, b"<13>app: encrypted\n", client)
        assert (await has(ingest, 1))[0]["message"] == "encrypted"
    async with listener("syslog+tls", ListenSecrets(public, key, client_ca=public)) as (ingest, port):
        with contextlib.suppress(ssl.SSLError, ConnectionError):
            await send(port, b"<13>app: unknown\n", client)
        client.load_cert_chain(public, key)
        await send(port, b"<13>app: known\n", client)
        assert (await has(ingest, 1))[0]["message"] == "known"
    for secrets, said in (
        (ListenSecrets(), "needs LOGLOOP_LISTEN_TLS_CERT"),
        (ListenSecrets(public), "must be readable files in PEM"),
        (ListenSecrets(public, key.with_name("missing.pem")), "missing.pem must be readable"),
        (ListenSecrets(public, key, client_ca=key), "LOGLOOP_LISTEN_TLS_CLIENT_CA=.*key.pem must be a readable file"),
    ):
        with pytest.raises(InvalidAddress, match=said):
            async with listener("syslog+tls", secrets):
                pass


# -- addresses


def test_addresses_have_defaults_and_are_off_without_any() -> None:
    assert parse_addresses("") == []
    udp, forward = parse_addresses("syslog+udp://?project=shop, forward+tcp://[::]:9999?project=shop&service=edge")
    assert (udp.host, udp.port, udp.project, udp.service) == ("127.0.0.1", 5514, "shop", None)
    assert (forward.host, forward.port, forward.service) == ("::", 9999, "edge")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("syslog://127.0.0.1", "must begin with one of"),
        ("forward+udp://127.0.0.1?project=a", "must begin with one of"),
        ("syslog+udp://127.0.0.1:5514", r"append \?project="),
        ("syslog+udp://127.0.0.1:99999?project=a", "Port out of range"),
        ("syslog+udp://127.0.0.1?project=a&servce=b", "unknown parameter 'servce'"),
        ("syslog+udp://127.0.0.1?project=a&service=a b", "needs|invalid|must begin"),
        ("syslog+udp://127.0.0.1?project=a&timezone=Mars", "unknown time zone 'Mars'"),
        ("syslog+udp://127.0.0.1?project=a&idle_s=0", "idle_s must be a positive number"),
    ],
)
def test_an_address_that_cannot_be_used_is_named_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(InvalidAddress, match=said):
        parse_addresses(text)
