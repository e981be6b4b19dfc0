"""The identity provider in the environment: what the variables mean, and how a wrong one is named."""

from pathlib import Path
from typing import Any

import pytest
from logloop_query.settings import QuerySettings

ISSUER = "https://login.example.org/realms/acme"


def settings(monkeypatch: pytest.MonkeyPatch, **variables: str) -> QuerySettings:
    monkeypatch.setenv("LOGLOOP_SECRET_KEY", "s" * 32)
    for name, value in variables.items():
        monkeypatch.setenv(f"LOGLOOP_OIDC_{name}", value)
    return QuerySettings()


def test_without_variables_or_with_empty_ones_there_is_no_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings(monkeypatch).given_provider() is None
    assert settings(monkeypatch, ISSUER="", CLIENT_ID="", CLIENT_SECRET="", GROUP_ROLES="").given_provider() is None


def test_variables_state_the_provider_its_secret_and_the_roles_of_groups(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from a file\n")
    given = settings(
        monkeypatch,
        ISSUER=ISSUER,
        CLIENT_ID="logloop",
        CLIENT_SECRET_FILE=str(secret),
        NAME="Acme",
        ADMIN_GROUPS="operators; CN=Admins,OU=x ",
        GROUP_ROLES="shop-developers = shop: member;\nCN=Support,OU=x = shop:viewer",
    ).given_provider()
    assert given is not None
    assert given.client_secret == "from a file"
    assert (given.values.name, given.values.issuer, given.values.client_id) == ("Acme", ISSUER, "logloop")
    assert given.values.admin_groups == ["operators", "CN=Admins,OU=x"]
    assert given.values.group_roles == [
        {"group": "shop-developers", "project_id": "shop", "role": "member"},
        {"group": "CN=Support,OU=x", "project_id": "shop", "role": "viewer"},
    ]
    direct = settings(monkeypatch, CLIENT_SECRET_FILE="", CLIENT_SECRET="direct").given_provider()
    assert direct is not None
    assert direct.client_secret == "direct"


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"CLIENT_ID": "logloop"}, "LOGLOOP_OIDC_CLIENT_ID needs LOGLOOP_OIDC_ISSUER"),
        ({"ISSUER": ISSUER}, "LOGLOOP_OIDC_CLIENT_ID must be the id of the client"),
        ({"ISSUER": "login.example.org"}, "LOGLOOP_OIDC_ISSUER must be a URL"),
        ({"ISSUER": ISSUER, "CLIENT_ID": "a", "SCOPES": "email"}, "LOGLOOP_OIDC_SCOPES must be scopes"),
        ({"ISSUER": ISSUER, "CLIENT_ID": "a", "GROUP_ROLES": "a = b: owner"}, "GROUP_ROLES: write 'group = project:"),
        ({"ISSUER": ISSUER, "CLIENT_ID": "a", "CLIENT_SECRET_FILE": "/no/such"}, "CLIENT_SECRET_FILE cannot be read"),
    ],
)
def test_a_wrong_variable_is_named(variables: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=said):
        settings(monkeypatch, **variables)
