"""The TLS contexts of HTTP clients."""

import importlib
import ssl
from functools import cache
from typing import Literal
from urllib.parse import urlsplit


@cache
def tls_context(scheme: str, library: Literal["httpx", "httpx2"] = "httpx") -> ssl.SSLContext:
    """Return the context of a library for URLs of a scheme, one per process: loading the certificates takes 30 ms.

    HTTP needs no certificates.
    """
    if scheme == "http":
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context: ssl.SSLContext = importlib.import_module(library).create_ssl_context(trust_env=False)
    return context


def tls_context_for(url: str) -> ssl.SSLContext:
    """Return the context of httpx for the scheme of a URL."""
    return tls_context(urlsplit(url).scheme)
