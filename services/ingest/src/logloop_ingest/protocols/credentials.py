"""Finds the API key in a request, wherever a client of another platform puts it."""

import base64
import binascii
import re
from collections.abc import Mapping

from logloop_chassis.auth.authenticator import KEY_PREFIX

_HEADERS = ("x-api-key", "dd-api-key", "x-seq-apikey", "api-key")
PARAMETERS = ("api_key", "apikey", "dd-api-key", "sentry_key", "token")
"""Query parameters that may have the key, in lower case."""
_SENTRY_KEY = re.compile(r"sentry_key=([^,\s]+)")
_SCHEMES = frozenset({"bearer", "splunk", "token", "apikey"})


def api_key_of(headers: Mapping[str, str], query: Mapping[str, str]) -> str | None:
    """Return the credential of a request, None if it has none. A text that is no API key is returned as it is.

    `headers` has names in lower case. A Basic login carries the key as its password or as its user.
    """
    authorization = headers.get("authorization", "")
    scheme, _, value = authorization.partition(" ")
    value = value.strip()
    if scheme.lower() == "basic":
        return _from_basic(value)
    if scheme.lower() == "apikey":
        return value if value.startswith(KEY_PREFIX) else _from_pair(_decoded(value) or value)
    if scheme.lower() in _SCHEMES and value:
        return value
    sentry = _SENTRY_KEY.search(headers.get("x-sentry-auth", "") or authorization)
    if sentry:
        return sentry[1]
    for name in _HEADERS:
        if headers.get(name):
            return headers[name].strip()
    lowered = {name.lower(): value for name, value in query.items()}
    return next((lowered[name] for name in PARAMETERS if lowered.get(name)), None)


def _from_basic(value: str) -> str | None:
    pair = _decoded(value)
    return None if pair is None else _from_pair(pair)


def _from_pair(pair: str) -> str | None:
    """Return the key of `user:password`: the part that looks like one, else the password."""
    user, _, password = pair.partition(":")
    return user if user.startswith(KEY_PREFIX) else (password or user or None)


def _decoded(value: str) -> str | None:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
