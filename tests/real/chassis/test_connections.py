"""Slow and silent clients without credentials neither use up the connections of a service nor stay for long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import uvicorn
from logloop.plain_http import WITHOUT_TLS
from logloop_chassis.http.connections import ConnectionLimits, bounded_protocol, trust_request, write_whole
from starlette.responses import Response
from uvicorn.server import ServerState

HEAD = b"POST /session HTTP/1.1\r\nHost: t\r\nContent-Length: 1000\r\n\r\n{"
SILENT, PART_OF_HEAD = b"", b"POST /session HTTP/1.1\r\nHost: t\r\n"


@dataclass
class Server:
    """A service that reads each body and returns its size. It knows callers who send `Authorization`.

    At `/whole` it writes responses in one piece if it can.
    """

    whole: int = 0

    port: int = 0
    clients: list[asyncio.StreamWriter] = field(default_factory=list)

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        if any(name == b"authorization" for name, _ in scope["headers"]):
            trust_request(scope)
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            size, more = size + len(message["body"]), message["more_body"]
        if scope["path"] == "/whole":
            response = Response(str(size))
            if write_whole(scope, response):
                self.whole += 1
            else:
                await response(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(size).encode()})

    async def connect(self, sent: bytes) -> asyncio.StreamReader:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.clients.append(writer)
        writer.write(sent)
        await writer.drain()
        return reader

    async def serves_others(self) -> bool:
        async with httpx.AsyncClient(trust_env=False, verify=WITHOUT_TLS, timeout=5) as client:
            answer = await client.post(f"http://127.0.0.1:{self.port}/session", content=b"x" * 10)
        return (answer.status_code, answer.text) == (200, "10")


@asynccontextmanager
async def serving(**limits: Any) -> AsyncIterator[Server]:
    server = Server()
    config = uvicorn.Config(
        server.app, http=bounded_protocol(ConnectionLimits(**limits)), interface="asgi3", log_config=None
    )
    config.load()
    protocol: Any = config.http_protocol_class
    state = ServerState()
    async with AsyncExitStack() as stack:
        listening = await asyncio.get_running_loop().create_server(
            lambda: protocol(config, state, {}), "127.0.0.1", 0, backlog=1000
        )
        stack.callback(listening.close)
        server.port = listening.sockets[0].getsockname()[1]
        yield server
        for client in server.clients:
            client.close()
        await asyncio.gather(*(client.wait_closed() for client in server.clients), return_exceptions=True)


@pytest.mark.parametrize("sent", [HEAD, PART_OF_HEAD])
async def test_the_oldest_unfinished_request_makes_room_for_others(sent: bytes) -> None:
    async with serving(unfinished=20) as server:
        readers = [await server.connect(sent) for _ in range(60)]
        assert await server.serves_others()
        async with asyncio.timeout(5):
            first = await readers[0].read()
        assert first == b"" if sent == PART_OF_HEAD else first.startswith(b"HTTP/1.1 408 ")
        assert not readers[-1].at_eof()


@pytest.mark.parametrize("sent", [SILENT, PART_OF_HEAD, b"GET / HTTP/1.1\r\nHost: t\r\n\r\n"])
async def test_silent_connections_make_room_for_others(sent: bytes) -> None:
    async with serving(connections=30) as server:
        readers = [await server.connect(sent) for _ in range(80)]
        assert await server.serves_others()
        async with asyncio.timeout(5):
            await readers[0].read()


@pytest.mark.parametrize(
    ("sent", "answer"), [(HEAD, b"HTTP/1.1 408 "), (PART_OF_HEAD, b""), (SILENT, b""), (b"GET / HT", b"")]
)
async def test_an_unfinished_request_ends_in_time(sent: bytes, answer: bytes) -> None:
    async with serving(head_s=0.1, request_s=0.2, idle_s=0.2) as server:
        reader = await server.connect(sent)
        async with asyncio.timeout(5):
            assert (await reader.read()).startswith(answer)


async def test_a_body_that_arrives_byte_by_byte_gets_no_more_time() -> None:
    async with serving(head_s=0.1, request_s=0.3) as server:
        reader = await server.connect(HEAD)
        async with asyncio.timeout(5):
            while not reader.at_eof():
                server.clients[0].write(b"x")
                try:
                    async with asyncio.timeout(0.02):
                        assert (await reader.read(12)) in {b"HTTP/1.1 408", b""}
                        break
                except TimeoutError:
                    continue


async def test_an_authenticated_upload_may_be_slow() -> None:
    async with serving(head_s=0.05, request_s=0.1, unfinished=1) as server:
        head = HEAD.replace(b"Host: t", b"Host: t\r\nAuthorization: Bearer k")
        reader = await server.connect(head)
        others = [await server.connect(HEAD) for _ in range(5)]
        async with asyncio.timeout(5):
            for other in others:
                assert (await other.read()).startswith(b"HTTP/1.1 408 ")
            server.clients[0].write(b"x" * 999)
            assert (await reader.readuntil(b"1000")).startswith(b"HTTP/1.1 200 ")


async def test_a_header_without_end_is_cut() -> None:
    async with serving(head_bytes=10_000) as server:
        reader = await server.connect(b"GET / HTTP/1.1\r\n")
        sent = 0
        async with asyncio.timeout(5):
            while not reader.at_eof() and not server.clients[0].is_closing():
                server.clients[0].write(b"X-A: " + b"x" * 500 + b"\r\n")
                sent += 507
                await asyncio.sleep(0)
        assert sent < 5_000_000


async def test_requests_of_one_connection_are_served_one_after_the_other() -> None:
    async with serving(head_s=0.1, request_s=0.1) as server:
        reader = await server.connect(b"")
        for size in (1, 2000, 3):
            body = b"x" * size
            server.clients[0].write(b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\n\r\n" % size)
            server.clients[0].write(body)
            async with asyncio.timeout(5):
                head = await reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 200 ")
                await reader.readuntil(b"0\r\n\r\n")


async def test_responses_in_one_piece_keep_their_order_and_the_end_of_the_connection() -> None:
    async with serving() as server:
        head = b"POST /whole HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n"
        reader = await server.connect(head + b"\r\nabc" + head + b"Connection: close\r\n\r\nabcd")
        async with asyncio.timeout(5):
            answers = (await reader.read()).split(b"HTTP/1.1 200 OK\r\n")
        assert answers == [
            b"",
            b"content-length: 1\r\n\r\n3",
            b"content-length: 1\r\nconnection: close\r\n\r\n3",
        ]
        assert server.whole
