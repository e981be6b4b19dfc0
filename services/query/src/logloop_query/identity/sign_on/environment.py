"""The identity provider of an installation that states it in its environment, as LOGLOOP_OIDC_ISSUER and others."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from logloop_chassis.settings import ServiceSettings
from pydantic import Field, SecretStr, model_validator

from logloop_query.identity.sign_on.provider_values import (
    ISSUER_PATTERN,
    SCOPES_PATTERN,
    TEXT_PATTERN,
    ProviderValues,
)

_MAX_TEXT = 200
_MAX_SECRET_BYTES = 500
_GROUP_ROLE = re.compile(r"(.+?)\s*=\s*([^\s:]+)\s*:\s*(viewer|member|admin)")


@dataclass(frozen=True, slots=True)
class GivenProvider:
    """An identity provider that the environment states."""

    values: ProviderValues
    client_secret: str | None


class OidcSettings(ServiceSettings):
    """The variables. Without an issuer, administrators set the provider up in the settings."""

    oidc_issuer: str = Field("", max_length=500, description="The identity provider, exactly as it states itself.")
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_client_secret_file: str = Field("", description="File that contains the client secret, instead of it.")
    oidc_name: str = Field("Single sign-on", description="Shown on the button of the sign-in page.")
    oidc_scopes: str = "openid email profile"
    oidc_groups_claim: str = "groups"
    oidc_admin_groups: str = Field("", description="Groups of administrators, separated by semicolons.")
    oidc_group_roles: str = Field("", description="`group = project: role`, separated by semicolons.")
    oidc_link_by_email: bool = False

    @model_validator(mode="after")
    def _check_provider(self) -> Self:
        self.given_provider()
        return self

    def given_provider(self) -> GivenProvider | None:
        """Return the provider, None if there is none. Raises ValueError, which names the variable."""
        if not self.oidc_issuer:
            if self.oidc_client_id:
                raise ValueError("LOGLOOP_OIDC_CLIENT_ID needs LOGLOOP_OIDC_ISSUER, the URL of the identity provider")
            return None
        values = ProviderValues(
            name=_matching("NAME", self.oidc_name, TEXT_PATTERN, "a text without control characters"),
            issuer=_matching("ISSUER", self.oidc_issuer, ISSUER_PATTERN, "a URL with http or https, without ? and #"),
            client_id=_matching("CLIENT_ID", self.oidc_client_id, TEXT_PATTERN, "the id of the client"),
            scopes=_matching("SCOPES", self.oidc_scopes, SCOPES_PATTERN, "scopes that begin with openid"),
            groups_claim=_matching("GROUPS_CLAIM", self.oidc_groups_claim, TEXT_PATTERN, "the name of a claim"),
            admin_groups=_items(self.oidc_admin_groups),
            group_roles=[_group_role(item) for item in _items(self.oidc_group_roles)],
            link_by_email=self.oidc_link_by_email,
        )
        return GivenProvider(values, self._secret() or None)

    def _secret(self) -> str:
        if not self.oidc_client_secret_file:
            return self.oidc_client_secret.get_secret_value()
        try:
            with Path(self.oidc_client_secret_file).open("rb") as file:
                return file.read(_MAX_SECRET_BYTES).decode().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"LOGLOOP_OIDC_CLIENT_SECRET_FILE cannot be read: {error}") from error


def _matching(name: str, value: str, pattern: str, expected: str) -> str:
    if not re.search(pattern, value) or (name != "ISSUER" and len(value) > _MAX_TEXT):
        raise ValueError(f"LOGLOOP_OIDC_{name} must be {expected}, not {value[:_MAX_TEXT]!r}")
    return value


def _items(text: str) -> list[str]:
    """Return the items of a list that is separated by semicolons or line breaks; names of groups may have commas."""
    return [item.strip() for item in re.split(r"[;\n]", text) if item.strip()]


def _group_role(text: str) -> dict[str, str]:
    found = _GROUP_ROLE.fullmatch(text)
    if found is None:
        raise ValueError(f"LOGLOOP_OIDC_GROUP_ROLES: write 'group = project: viewer, member or admin', not {text!r}")
    return {"group": found[1], "project_id": found[2], "role": found[3]}
