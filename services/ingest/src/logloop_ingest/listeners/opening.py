"""Opens the listeners of the settings, and closes them in order."""

import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import structlog

from logloop_ingest.listeners.addresses import InvalidAddress, ListenAddress
from logloop_ingest.listeners.datagrams import DatagramListener
from logloop_ingest.listeners.intake import Intake, Receiver
from logloop_ingest.listeners.streams import StreamListener

Listener = StreamListener | DatagramListener
_log = structlog.get_logger()


class ListenSecrets(NamedTuple):
    """Files in PEM for TLS, and the shared key of forward. With `client_ca`, senders need certificates."""

    certificate: Path | None = None
    private_key: Path | None = None
    client_ca: Path | None = None
    shared_key: str | None = None


@asynccontextmanager
async def listening(
    addresses: Sequence[ListenAddress], receiver: Receiver, secrets: ListenSecrets
) -> AsyncIterator[list[Listener]]:
    """Listen while the context is open. Raises InvalidAddress (no certificate for TLS) and OSError (used port)."""
    async with AsyncExitStack() as stack:
        opened: list[Listener] = []
        for address in addresses:
            intake = Intake(receiver, address)
            listener: Listener
            if address.transport == "udp":
                listener = DatagramListener(intake)
            else:
                tls = _tls(secrets) if address.transport == "tls" else None
                listener = StreamListener(intake, tls, secrets.shared_key)
            await listener.open()
            stack.push_async_callback(listener.close)
            opened.append(listener)
            where = f"{address.protocol}+{address.transport}://{address.host}:{listener.port}"
            _log.info("listening", address=where, project=address.project)
        yield opened


def _tls(secrets: ListenSecrets) -> ssl.SSLContext:
    if secrets.certificate is None:
        raise InvalidAddress("listening with TLS needs LOGLOOP_LISTEN_TLS_CERT (and LOGLOOP_LISTEN_TLS_KEY)")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(secrets.certificate, secrets.private_key)
    if secrets.client_ca is not None:
        context.load_verify_locations(secrets.client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
