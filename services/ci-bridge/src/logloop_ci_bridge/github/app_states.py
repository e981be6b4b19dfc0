"""Issues and reads the state of a set-up of a GitHub App, which GitHub hands back.

It is signed, names who began and for which project, and expires like GitHub's own code. So nobody can make another
person save the App of a stranger: a forged or foreign callback has no valid state.
"""

import jwt
from logloop_chassis.clock import CLOCK
from logloop_chassis.crypto import derive_key
from pydantic import BaseModel

LIFETIME_S = 3600


class BadState(ValueError):
    """The state is forged, expired, or belongs to another person."""


class AppSetup(BaseModel):
    """What somebody began to set up."""

    by: str
    project_id: str | None
    api_url: str
    organization: str | None
    name: str


class AppStates:
    """Signs set-ups with a key that derives from the deployment's secret key."""

    def __init__(self, secret_key: str) -> None:
        self._key = derive_key(secret_key, "github-app-states")

    def issue(self, setup: AppSetup) -> str:
        """Return the state of a set-up."""
        claims = {**setup.model_dump(), "exp": CLOCK.time() + LIFETIME_S}
        return jwt.encode(claims, self._key, algorithm="HS256")

    def read(self, state: str, by: str) -> AppSetup:
        """Return the set-up that a person began. Raises BadState."""
        try:
            # The expiry is checked below, by the clock that all services share.
            claims = jwt.decode(
                state, self._key, algorithms=["HS256"], options={"require": ["exp"], "verify_exp": False}
            )
        except jwt.InvalidTokenError as error:
            raise BadState("this set-up was not begun here; begin again") from error
        if claims["exp"] <= CLOCK.time():
            raise BadState("this set-up is older than an hour; begin again")
        setup = AppSetup.model_validate(claims)
        if setup.by != by:
            raise BadState("somebody else began this set-up; begin your own")
        return setup
