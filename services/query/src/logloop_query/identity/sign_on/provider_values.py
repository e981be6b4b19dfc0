"""What is known of an identity provider, without its secret."""

from dataclasses import dataclass, field

ISSUER_PATTERN = r"^https?://[^\s\x00?#]+$"
TEXT_PATTERN = r"^[^\x00-\x1f]+$"
SCOPES_PATTERN = r"^openid( [!#-\[\]-~]+)*$"


@dataclass(frozen=True, slots=True)
class ProviderValues:
    """The settings of a provider without the secret. `group_roles`: group, project_id and role."""

    name: str
    issuer: str
    client_id: str
    scopes: str = "openid email profile"
    groups_claim: str = "groups"
    admin_groups: list[str] = field(default_factory=list)
    group_roles: list[dict[str, str]] = field(default_factory=list)
    link_by_email: bool = False
