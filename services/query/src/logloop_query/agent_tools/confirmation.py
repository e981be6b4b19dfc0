"""Confirmations of changes: a token that a preview returns, valid for exactly the arguments that it showed."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from logloop_chassis.clock import CLOCK
from logloop_chassis.crypto import derive_key

VALID_S = 600


class NotConfirmed(Exception):
    """The token does not confirm this change. The text says what to do."""


class Confirmations:
    """Issues and checks tokens. Every process with the same secret key accepts them; nothing is stored."""

    def __init__(self, secret_key: str, clock: Callable[[], float] = CLOCK.time) -> None:
        self._key = derive_key(secret_key, "agent-confirmations")
        self._clock = clock

    def issue(self, caller_id: str, tool: str, arguments: Mapping[str, Any]) -> str:
        """Return a token with which this caller may run a tool with these arguments within 10 minutes."""
        expires, nonce = f"{int(self._clock()) + VALID_S:x}", secrets.token_hex(8)
        return f"{expires}.{nonce}.{self._digest(caller_id, tool, arguments, expires, nonce)}"

    def check(self, token: str, caller_id: str, tool: str, arguments: Mapping[str, Any]) -> None:
        """Raise NotConfirmed unless the token was issued for this caller, tool and arguments and is still valid."""
        expires, _, rest = token.partition(".")
        nonce, _, digest = rest.partition(".")
        expected = self._digest(caller_id, tool, arguments, expires, nonce)
        if not hmac.compare_digest(digest.encode(), expected.encode()):
            raise NotConfirmed(
                "this confirm token belongs to other arguments; call the tool without `confirm` to preview this one"
            )
        if int(expires, 16) <= self._clock():
            raise NotConfirmed("this confirm token is older than 10 minutes; call the tool without `confirm` again")

    def _digest(self, caller_id: str, tool: str, arguments: Mapping[str, Any], expires: str, nonce: str) -> str:
        content = json.dumps([caller_id, tool, arguments, expires, nonce], sort_keys=True)
        return hmac.new(self._key, content.encode(), hashlib.sha256).hexdigest()


def change_key(token: str) -> str:
    """Return the Idempotency-Key of a confirmed change, so that a repeated call does nothing twice."""
    return f"agent-{hashlib.sha256(token.encode()).hexdigest()[:32]}"
