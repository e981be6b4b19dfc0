"""Sends an e-mail over SMTP to an address that was checked. smtplib blocks, so it runs in a thread."""

import asyncio
import contextlib
import smtplib
import socket
import ssl
from email.message import EmailMessage
from typing import Any

from logloop_chassis.outbound.egress import EgressGuard, EgressRefused

from logloop_ci_bridge.notifications.receivers import Smtp

_WAIT_S = 8.0
_TOTAL_S = 15.0


class MailFailed(Exception):
    """The server did not take the message. `final`: another attempt would fail as well."""

    def __init__(self, detail: str, *, status: int | None = None, final: bool = False) -> None:
        super().__init__(detail)
        self.status = status
        self.final = final


async def send_mail(message: EmailMessage, smtp: Smtp, password: str | None, guard: EgressGuard) -> int:
    """Send a message and return the status 250. Raises MailFailed."""
    name = f"[{smtp.host}]" if ":" in smtp.host else smtp.host
    scheme = "http" if smtp.security == "none" else "https"
    try:
        destination = await guard.resolve(f"{scheme}://{name}:{smtp.port}")
    except EgressRefused as error:
        plain = "mail to public addresses is sent over TLS only; set security to starttls or tls"
        detail = plain if scheme == "http" and "https" in str(error) else str(error)
        raise MailFailed(detail, final="cannot be resolved" not in detail) from error
    session = _Session(smtp, destination.addresses)
    working = asyncio.create_task(asyncio.to_thread(session.send, message, password))
    try:
        async with asyncio.timeout(_TOTAL_S):
            await asyncio.shield(working)
    except TimeoutError as error:
        session.abort()
        await asyncio.wait([working])
        working.exception()
        raise MailFailed("the mail server took too long to respond") from error
    return 250


class _Session:
    """One connection to a mail server."""

    def __init__(self, smtp: Smtp, addresses: tuple[str, ...]) -> None:
        self._smtp = smtp
        self._addresses = addresses
        self._socket: socket.socket | None = None

    def abort(self) -> None:
        """End the connection, and with it a wait for the server."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def connect(self, port: int, timeout: float) -> socket.socket:
        """Connect to the first address that answers: to what was checked, not to what a second lookup returns."""
        *others, last = self._addresses
        for address in others:
            with contextlib.suppress(OSError):
                self._socket = socket.create_connection((address, port), timeout)
                return self._socket
        self._socket = socket.create_connection((last, port), timeout)
        return self._socket

    def send(self, message: EmailMessage, password: str | None) -> None:
        """Deliver the message. Raises MailFailed."""
        try:
            with self._client() as client:
                if self._smtp.security == "starttls":
                    client.starttls(context=ssl.create_default_context())
                if self._smtp.username and password:
                    client.login(self._smtp.username, password)
                client.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            raise _failed(code, text) from error
        except smtplib.SMTPNotSupportedError as error:
            raise MailFailed(f"the mail server cannot do what is needed: {error}", final=True) from error
        except smtplib.SMTPResponseException as error:
            raise _failed(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPException, OSError) as error:
            raise MailFailed(f"no connection to the mail server: {type(error).__name__}: {error}"[:500]) from error

    def _client(self) -> smtplib.SMTP:
        kind = _ImplicitTls if self._smtp.security == "tls" else _Plain
        client = kind(self, timeout=_WAIT_S)
        client.connect(self._smtp.host, self._smtp.port)
        return client


class _Plain(smtplib.SMTP):
    """Connects to the checked addresses, and upgrades to TLS with the name of the host."""

    def __init__(self, session: _Session, **options: Any) -> None:
        self._session = session
        super().__init__(**options)

    # The name in the certificate; the constructor of the base sets it only when it connects itself.
    def connect(self, host: str = "localhost", port: int = 0, source_address: Any = None) -> tuple[int, bytes]:
        self._host = host
        return super().connect(host, port, source_address)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # noqa: ARG002
        return self._session.connect(port, timeout)


class _ImplicitTls(_Plain):
    """Speaks TLS from the first byte."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return ssl.create_default_context().wrap_socket(
            super()._get_socket(host, port, timeout), server_hostname=host
        )


def _failed(code: int, text: bytes | str) -> MailFailed:
    """Return the failure of a response: 5xx is final, 4xx is not."""
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    detail = f"the mail server answered {code} {plain}"[:500]
    return MailFailed(detail, status=code, final=500 <= code < 600)
