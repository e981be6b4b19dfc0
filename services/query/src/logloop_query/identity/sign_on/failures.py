"""Why a sign-in with the identity provider failed. The page says what each reason means for the person."""

from typing import Literal

Reason = Literal[
    "off",  # no provider is set up
    "provider-down",  # the provider did not respond, or not as a provider does
    "client-refused",  # the provider does not accept the client id or secret
    "declined",  # the person or the provider stopped the sign-in
    "expired",  # the sign-in was not begun in this browser, took too long, or was completed before
    "code-refused",  # the provider does not accept the code
    "token-invalid",  # the token is forged, expired, or meant for another sign-in
    "email-unverified",  # the provider does not vouch for the address
    "email-taken",  # another user of Logloop has the address
    "no-group",  # none of the groups of the person has a role here
    "disabled",  # the user is disabled
    "last-administrator",  # the groups would leave the installation without an administrator
]


class SignOnFailed(Exception):
    """A sign-in failed. `detail` is for the log of the service; it holds no secret and no token."""

    def __init__(self, reason: Reason, detail: str = "", *, user_id: str | None = None) -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason: Reason = reason
        self.detail = detail
        self.user_id = user_id
