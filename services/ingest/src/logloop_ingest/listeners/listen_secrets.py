"""What listeners need to recognise senders and to be recognised: certificates, and the shared key of forward."""

import ssl
from pathlib import Path
from typing import NamedTuple

from logloop_ingest.listeners.addresses import InvalidAddress


class ListenSecrets(NamedTuple):
    """Files in PEM for TLS, and the shared key of forward. With `client_ca`, senders need certificates."""

    certificate: Path | None = None
    private_key: Path | None = None
    client_ca: Path | None = None
    shared_key: str | None = None


def tls_context(secrets: ListenSecrets) -> ssl.SSLContext:
    """Return how a listener speaks TLS. Raises InvalidAddress if a file is missing or cannot be used."""
    if secrets.certificate is None:
        raise InvalidAddress("listening with TLS needs LOGLOOP_LISTEN_TLS_CERT (and LOGLOOP_LISTEN_TLS_KEY)")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        # An empty password, because OpenSSL would ask the terminal for one.
        context.load_cert_chain(secrets.certificate, secrets.private_key, password="")
    except OSError as error:
        raise InvalidAddress(
            f"LOGLOOP_LISTEN_TLS_CERT={secrets.certificate} and LOGLOOP_LISTEN_TLS_KEY={secrets.private_key or ''} "
            f"must be readable files in PEM, with a certificate and its key without a password: {error}"
        ) from error
    if secrets.client_ca is not None:
        try:
            context.load_verify_locations(secrets.client_ca)
        except OSError as error:
            raise InvalidAddress(
                f"LOGLOOP_LISTEN_TLS_CLIENT_CA={secrets.client_ca} must be a readable file in PEM: {error}"
            ) from error
        context.verify_mode = ssl.CERT_REQUIRED
    return context
