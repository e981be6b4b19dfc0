"""Connects a program that speaks MCP over standard input and output with the endpoint /mcp of the platform.

Messages pass through unchanged, so the tools are those of the platform. Each request is one HTTP request with the
API key of this machine.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx

from logloop.api.transport import client_options, error_from
from logloop.connection import Connection
from logloop.errors import NotAuthenticated

PATH = "/mcp"
CHANGES_HEADER = "X-Logloop-Allow-Changes"
MAX_MESSAGE_BYTES = 1024 * 1024
_TIMEOUT_S = 120.0
_AT_ONCE = 8
_VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
_NAMED_BY = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
_SIGN_IN = " Set LOGLOOP_API_KEY, or run `logloop login`."
_PARSE_ERROR, _INVALID_REQUEST, _INTERNAL_ERROR = -32700, -32600, -32603


class McpBridge:
    """Forwards messages. `write` gets each line of the answer; it is called by one thread at a time."""

    def __init__(
        self,
        connection: Connection,
        write: Callable[[str], None],
        *,
        allow_changes: bool = False,
        http: httpx.BaseTransport | None = None,
    ) -> None:
        self._connection = connection
        self._http = httpx.Client(**client_options(connection, _TIMEOUT_S), transport=http)
        self._http.headers["Accept"] = "application/json, text/event-stream"
        if allow_changes:
            self._http.headers[CHANGES_HEADER] = "true"
        self._write = write
        self._writing = threading.Lock()
        self._version: str | None = None

    def run(self, lines: Iterable[bytes]) -> None:
        """Forward one message per line until the input ends, and wait for the answers."""
        running: set[Future[None]] = set()
        with self._http, ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="mcp") as pool:
            for line in lines:
                if not line.strip():
                    continue
                message = _parsed(line)
                if message is None:
                    self._answer(None, _PARSE_ERROR, "each line is one JSON-RPC message of at most 1 MiB")
                elif message.get("method") == "initialize":
                    self._forward(message)  # later messages carry the version that it agrees on
                else:
                    running = {task for task in running if not task.done()}
                    running.add(pool.submit(self._forward, message))

    def _forward(self, message: dict[str, Any]) -> None:
        try:
            response = self._http.post(PATH, json=message, headers=self._headers(message))
            error = error_from(response)
            if error is not None and not _is_answer(response, message):
                advice = (
                    " Set LOGLOOP_API_KEY, or run `logloop login`." if isinstance(error, NotAuthenticated) else ""
                )
                self._answer(message.get("id"), _INVALID_REQUEST, f"{error}{advice}")
            elif response.content:
                self._pass_on(message, response.json())
        except httpx.HTTPError as cause:
            reason = str(cause) or type(cause).__name__
            advice = "check that the platform is running and that LOGLOOP_URL is correct"
            text = f"no response from {self._connection.url} ({reason}); {advice}"
            self._answer(message.get("id"), _INTERNAL_ERROR, text)
        except ValueError:
            text = f"{self._connection.url}{PATH} did not answer in JSON; check LOGLOOP_URL"
            self._answer(message.get("id"), _INTERNAL_ERROR, text)

    def _headers(self, message: Mapping[str, Any]) -> dict[str, str]:
        """Return the headers that repeat parts of a message, as MCP over HTTP demands."""
        method, params = str(message.get("method", "")), message.get("params")
        params = params if isinstance(params, dict) else {}
        meta = params.get("_meta")
        stated = meta.get(_VERSION_KEY) if isinstance(meta, dict) else None
        headers = {"Content-Type": "application/json"}
        if isinstance(stated, str):
            headers |= {"MCP-Protocol-Version": stated, "Mcp-Method": method}
            name = params.get(_NAMED_BY.get(method, ""))
            if isinstance(name, str) and name.isascii() and name.isprintable():
                headers["Mcp-Name"] = name
        elif self._version and method != "initialize":
            headers["MCP-Protocol-Version"] = self._version
        return headers

    def _pass_on(self, message: Mapping[str, Any], answer: Any) -> None:
        if message.get("method") == "initialize" and isinstance(answer, dict):
            self._version = (answer.get("result") or {}).get("protocolVersion")
        self._send(answer)

    def _answer(self, message_id: Any, code: int, text: str) -> None:
        """Report an error of a request; a notification gets no answer."""
        if message_id is not None or code == _PARSE_ERROR:
            self._send({"jsonrpc": "2.0", "id": message_id, "error": {"code": code, "message": text}})

    def _send(self, answer: Any) -> None:
        line = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
        with self._writing:
            self._write(f"{line}\n")


def _parsed(line: bytes) -> dict[str, Any] | None:
    if len(line) > MAX_MESSAGE_BYTES:
        return None
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None


def _is_answer(response: httpx.Response, message: Mapping[str, Any]) -> bool:
    """Return whether a response with an error status is the answer to the message all the same."""
    try:
        answer = response.json()
    except ValueError:
        return False
    return isinstance(answer, dict) and "jsonrpc" in answer and answer.get("id") == message.get("id")
