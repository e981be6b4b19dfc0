"""Opens the listeners of the settings, and closes them in order."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import structlog

from logloop_ingest.listeners.addresses import ListenAddress
from logloop_ingest.listeners.datagrams import DatagramListener
from logloop_ingest.listeners.intake import Intake, Receiver
from logloop_ingest.listeners.listen_secrets import ListenSecrets, tls_context
from logloop_ingest.listeners.streams import StreamListener

Listener = StreamListener | DatagramListener
_log = structlog.get_logger()


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
                tls = tls_context(secrets) if address.transport == "tls" else None
                listener = StreamListener(intake, tls, secrets.shared_key)
            await listener.open()
            stack.push_async_callback(listener.close)
            opened.append(listener)
            where = f"{address.protocol}+{address.transport}://{address.host}:{listener.port}"
            _log.info("listening", address=where, project=address.project)
        yield opened
