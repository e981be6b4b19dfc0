"""Sends one message to a receiver, over HTTP or SMTP, to checked addresses only."""

import asyncio
import contextlib
import ipaddress
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import orjson
from logloop_chassis.crypto import SecretBox, Unsealable
from logloop_chassis.outbound.egress import EgressGuard, refusal_behind
from logloop_chassis.outbound.guarded_http import guarded_transport
from logloop_chassis.text.redaction import Redactor, safe_text

from logloop_ci_bridge.notifications.notification import Notification
from logloop_ci_bridge.notifications.receivers import Receiver
from logloop_ci_bridge.notifications.rendering import body_of, email_of, values_of
from logloop_ci_bridge.notifications.signatures import signed_headers
from logloop_ci_bridge.notifications.smtp import MailFailed, send_mail

_WAIT_S, _BODY_S, _TOTAL_S = 8.0, 4.0, 15.0
_MAX_BYTES = 64 * 1024
_MAX_READ, _MAX_ANSWER = 4096, 300
_LIMITS = httpx.Limits(max_connections=20, max_keepalive_connections=0)
_TEMPORARY = frozenset({408, 409, 425, 429})
_HEADERS = {"User-Agent": "logloop-ci-bridge", "Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Delivery:
    """The result of an attempt. `final`: another attempt would fail as well. `answer`: what the receiver wrote."""

    ok: bool
    status: int | None
    detail: str | None = None
    answer: str | None = None
    final: bool = False
    retry_after_s: float | None = None


class Sender:
    """Sends notifications. Redirects are not followed: they would lead past the check of the address."""

    def __init__(self, guard: EgressGuard, box: SecretBox, public_url: str) -> None:
        self._guard = guard
        self._box = box
        self._public_url = public_url.rstrip("/")
        options: dict[str, Any] = {"limits": _LIMITS, "connection_bytes": _MAX_BYTES}
        self._http = httpx.AsyncClient(
            transport=guarded_transport(guard, "https", **options),
            mounts={"http://": guarded_transport(guard, "http", **options)},
            headers=_HEADERS,
            timeout=_WAIT_S,
            follow_redirects=False,
            trust_env=False,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send(
        self, receiver: Receiver, notification: Notification, now: datetime, *, test: bool = False
    ) -> Delivery:
        """Send a notification once. Every outcome is a result, not an exception."""
        page = f"{self._public_url}/projects/{notification.project_id}/logs"
        values = values_of(notification, page, test=test)
        try:
            secrets = {name: self._open(receiver, name) for name in receiver.sealed}
            if receiver.kind == "email":
                assert receiver.smtp is not None
                mail = email_of(receiver, values, now)
                status = await send_mail(mail, receiver.smtp, secrets.get("password"), self._guard)
                return Delivery(ok=True, status=status)
            body = body_of(receiver.kind, receiver.template, notification, values)
            return await self._post(notification.id, body, secrets)
        except MailFailed as error:
            return Delivery(ok=False, status=error.status, detail=str(error), final=error.final)
        except Unsealable as error:
            return Delivery(ok=False, status=None, detail=str(error), final=True)

    def _open(self, receiver: Receiver, name: str) -> str:
        return self._box.open(receiver.sealed[name], place_of(receiver.project_id, name))

    async def _post(self, message_id: str, body: dict[str, Any], secrets: dict[str, str]) -> Delivery:
        content = orjson.dumps(body)
        headers = signed_headers(message_id, content, secrets.get("secret"), int(time.time()))
        try:
            async with (
                asyncio.timeout(_TOTAL_S),
                self._http.stream("POST", secrets["url"], content=content, headers=headers) as response,
            ):
                address = response.extensions["network_stream"].get_extra_info("server_addr")
                answer = _answer(await _beginning(response), address[0])
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            refused = refusal_behind(error)
            detail = str(refused) if refused else f"no response ({type(error).__name__})"
            return Delivery(ok=False, status=None, detail=detail)
        return _result(response, answer)


def place_of(project_id: str, name: str) -> str:
    """Return the place to which a secret of a receiver is sealed."""
    return f"{project_id}/receiver.{name}"


async def _beginning(response: httpx.Response) -> bytes:
    """Read the beginning of a body and leave the rest.

    The status says whether the message was taken, so a long, slow or incomplete body does not count as a failure.
    """
    body = bytearray()
    with contextlib.suppress(httpx.HTTPError, OSError):
        async with asyncio.timeout(_BODY_S):
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) >= _MAX_READ:
                    break
    return bytes(body[:_MAX_READ])


def _answer(body: bytes, address: str) -> str | None:
    """Return the beginning of a body on one line.

    Not of a private server, which an operator allows: users would read there what only others may read.
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if not (found.is_global or found.is_loopback):
        return None
    text = " ".join(body.decode(errors="replace").split())
    return safe_text(text, Redactor("standard"), _MAX_ANSWER) or None


def _result(response: httpx.Response, answer: str | None) -> Delivery:
    status = response.status_code
    if 200 <= status < 300:
        return Delivery(ok=True, status=status, answer=answer)
    after = response.headers.get("retry-after", "")
    moved = "; redirects are not followed" if 300 <= status < 400 else ""
    said = f": {answer}" if answer else ""
    return Delivery(
        ok=False,
        status=status,
        detail=f"the receiver answered {status}{moved}{said}",
        answer=answer,
        final=status < 500 and status not in _TEMPORARY,
        retry_after_s=float(after) if after.isdigit() else None,
    )
