"""The second factor of users who sign in with a password: codes of an authenticator app (TOTP), and recovery codes.

The secret is sealed. A code is accepted once: the step of the latest one is stored, and the next code needs a later
step. Recovery codes are stored as keyed hashes and removed when they are used.
"""

import hmac
import io
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pyotp
import segno
from logloop_chassis.clock import CLOCK
from logloop_chassis.crypto import KeyHasher, SecretBox, Unsealable
from logloop_chassis.database.client import Document
from logloop_chassis.http.problems import Conflict, Forbidden
from logloop_chassis.ids import utc_now

from logloop_query.identity.passwords import generate_password
from logloop_query.identity.stores.users import UserStore

STEP_S = 30
DRIFT = 1
"""Steps by which the clock of a phone may differ."""
SETUP_WITHIN = timedelta(minutes=15)
RECOVERY_CODES = 10
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Setup:
    """What an authenticator app needs: the secret, the same as a URI, and as a picture."""

    secret: str
    uri: str
    qr_svg: str


class TwoFactor:
    """Sets up, checks and removes second factors. The callers check passwords, and record the changes."""

    def __init__(self, users: UserStore, box: SecretBox, hasher: KeyHasher) -> None:
        self._users = users
        self._box = box
        self._hasher = hasher

    async def begin(self, user: Document) -> Setup:
        """Return a new secret, which works after `confirm`. Raises Conflict when a second factor is set up."""
        if user.get("two_factor"):
            raise Conflict("two-factor sign-in is set up already; turn it off first")
        secret = pyotp.random_base32()
        uri = pyotp.TOTP(secret).provisioning_uri(name=user["email"], issuer_name="Logloop")
        sealed = self._box.seal(secret, _place(user["_id"]))
        await self._users.update(user["_id"], {"two_factor_setup": {"sealed": sealed, "created_at": utc_now()}})
        return Setup(secret, uri, _qr_svg(uri))

    def confirmed(self, user: Document, code: str) -> tuple[dict[str, Any], list[str]]:
        """Return the fields that turn the second factor on, and the recovery codes.

        Raises Conflict when nothing was begun in time, Forbidden for a wrong code.
        """
        setup = user.get("two_factor_setup")
        if setup is None or setup["created_at"] + SETUP_WITHIN < utc_now():
            raise Conflict("the set-up was not begun, or took longer than 15 minutes; begin again")
        step = self._matching_step(user["_id"], setup["sealed"], code)
        if step is None:
            raise Forbidden("the code is wrong; check the clock of your phone, and enter the code that it shows now")
        codes, hashes = self._recovery_codes()
        two_factor = {"sealed": setup["sealed"], "since": utc_now(), "last_step": step, "recovery": hashes}
        return {"two_factor": two_factor, "two_factor_setup": None}, codes

    def renewed(self) -> tuple[dict[str, Any], list[str]]:
        """Return the fields that replace the recovery codes, and the new codes."""
        codes, hashes = self._recovery_codes()
        return {"two_factor.recovery": hashes}, codes

    async def accepts(self, user: Document, code: str) -> bool:
        """Return whether a code of the app or a recovery code is right, and use it up."""
        two_factor = user.get("two_factor")
        if two_factor is None:
            return False
        plain = _plain(code)
        if len(plain) != _DIGITS or not plain.isdigit():
            return await self._users.use_recovery_code(user["_id"], self._hasher.hash(plain))
        step = self._matching_step(user["_id"], two_factor["sealed"], plain)
        return step is not None and await self._users.use_step(user["_id"], step)

    def _matching_step(self, user_id: str, sealed: str, code: str) -> int | None:
        try:
            totp = pyotp.TOTP(self._box.open(sealed, _place(user_id)))
        except Unsealable as error:
            raise Conflict(f"the second factor cannot be read: {error}; an administrator can reset it") from error
        now, given, found = int(CLOCK.time()) // STEP_S, _plain(code).encode(), None
        for step in range(now - DRIFT, now + DRIFT + 1):
            if hmac.compare_digest(totp.at(step * STEP_S).encode(), given):
                found = step
        return found

    def _recovery_codes(self) -> tuple[list[str], list[str]]:
        codes = [generate_password() for _ in range(RECOVERY_CODES)]
        return codes, [self._hasher.hash(_plain(code)) for code in codes]


def describe(user: Document) -> dict[str, Any]:
    """Return whether a user has a second factor, since when, and the number of recovery codes that are left."""
    two_factor = user.get("two_factor")
    if two_factor is None:
        return {"enabled": False, "since": None, "recovery_codes_left": 0}
    return {"enabled": True, "since": two_factor["since"], "recovery_codes_left": len(two_factor["recovery"])}


def _qr_svg(text: str) -> str:
    picture = io.BytesIO()
    segno.make(text, micro=False).save(picture, kind="svg", scale=4, border=4, xmldecl=False, nl=False)
    return picture.getvalue().decode()


def _plain(code: str) -> str:
    return "".join(code.split()).replace("-", "").lower()


def _place(user_id: str) -> str:
    return f"two-factor/{user_id}"
