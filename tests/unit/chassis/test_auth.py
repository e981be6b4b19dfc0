"""The credentials of a request determine the caller and what the caller may do."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from logloop_chassis.auth.authenticator import Authenticator, same_origin
from logloop_chassis.auth.principal import Principal, require
from logloop_chassis.crypto import KeyHasher, issue_service_token, session_hash
from logloop_chassis.http.problems import Forbidden, NotFound, Unauthorized, Unavailable
from pymongo.errors import ServerSelectionTimeoutError
from starlette.datastructures import Headers

SECRET = "s" * 40
SOON = datetime.now(UTC) + timedelta(hours=1)
PAST = datetime.now(UTC) - timedelta(hours=1)


class Collection:
    def __init__(self, documents: dict[str, dict[str, Any]]) -> None:
        self.documents = documents
        self.unavailable = False
        self.reads = 0

    async def find_one(self, query: dict[str, Any]) -> dict[str, Any] | None:
        self.reads += 1
        await asyncio.sleep(0)
        if self.unavailable:
            raise ServerSelectionTimeoutError("no server")
        found = self.documents.get(query["_id"])
        return None if found is None else {"_id": query["_id"], **found}


def key(**changes: Any) -> dict[str, Any]:
    return {
        "hash": KeyHasher(SECRET).hash("secret"),
        "name": "ci",
        "project_id": "shop",
        "scopes": ["ingest"],
        **changes,
    }


@pytest.fixture
def database() -> dict[str, Collection]:
    return {
        "api_keys": Collection(
            {
                "good": key(),
                "revoked": key(revoked_at=PAST),
                "expired": key(expires_at=PAST),
                "root": key(project_id=None, scopes=["admin"]),
            }
        ),
        "sessions": Collection(
            {
                session_hash("cookie"): {"user_id": "u1", "expires_at": SOON},
                session_hash("old"): {"user_id": "u1", "expires_at": PAST},
            }
        ),
        "users": Collection(
            {"u1": {"email": "a@b.c", "role": "member", "projects": [{"project_id": "shop", "role": "viewer"}]}}
        ),
        "projects": Collection({"shop": {}}),
    }


@pytest.fixture
def authenticator(database: dict[str, Collection]) -> Authenticator:
    return Authenticator(database, SECRET)  # type: ignore[arg-type]  # the part of a database it uses


def headers(**values: str) -> Headers:
    return Headers({name.replace("_", "-"): value for name, value in values.items()})


@pytest.mark.parametrize("name", ["authorization", "x_api_key"])
async def test_a_key_is_accepted_in_either_header(authenticator: Authenticator, name: str) -> None:
    value = "Bearer llk_good_secret" if name == "authorization" else "llk_good_secret"
    principal = await authenticator.authenticate(headers(**{name: value}))
    assert (principal.kind, principal.id, principal.only_project()) == ("key", "good", "shop")
    assert principal.may("ingest", "shop")
    assert not principal.may("read", "shop")
    assert not principal.may("ingest", "other")


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("llk_good_wrong", "unknown"),
        ("llk_nobody_secret", "unknown"),
        ("llk_revoked_secret", "revoked"),
        ("llk_expired_secret", "expired"),
        ("something", "not a Logloop API key"),
        ("lls_forged.abc", "invalid or expired"),
        ("lls_é.é", "invalid or expired"),
    ],
)
async def test_an_invalid_credential_is_rejected_with_the_reason(
    authenticator: Authenticator, token: str, reason: str
) -> None:
    with pytest.raises(Unauthorized, match=reason):
        await authenticator.authenticate_token(token)


async def test_a_changed_key_has_its_new_rights_once_it_is_read_again(
    authenticator: Authenticator, database: dict[str, Collection], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await authenticator.authenticate_token("llk_good_secret")
    database["api_keys"].documents["good"] = key(project_id="bank", scopes=["read"], daily_quota_bytes=4096)
    assert await authenticator.authenticate_token("llk_good_secret") == before
    monkeypatch.setattr("logloop_chassis.auth.authenticator.FRESH_S", 0.0)
    after = await authenticator.authenticate_token("llk_good_secret")
    assert after.may("read", "bank")
    assert not after.may("ingest", "shop")
    assert after.sending is not None
    assert after.sending.daily_quota_bytes == 4096


async def test_a_request_without_credentials_is_rejected(authenticator: Authenticator) -> None:
    with pytest.raises(Unauthorized):
        await authenticator.authenticate(headers())


async def test_during_a_database_outage_cached_keys_work_and_other_keys_are_unavailable(
    authenticator: Authenticator, database: dict[str, Collection], monkeypatch: pytest.MonkeyPatch
) -> None:
    await authenticator.authenticate_token("llk_good_secret")
    monkeypatch.setattr("logloop_chassis.auth.authenticator.FRESH_S", 0.0)
    database["api_keys"].unavailable = True
    assert (await authenticator.authenticate_token("llk_good_secret")).id == "good"
    with pytest.raises(Unavailable):
        await authenticator.authenticate_token("llk_root_secret")


async def test_a_hanging_database_does_not_delay_cached_keys(
    authenticator: Authenticator, database: dict[str, Collection], monkeypatch: pytest.MonkeyPatch
) -> None:
    await authenticator.authenticate_token("llk_good_secret")
    monkeypatch.setattr("logloop_chassis.auth.authenticator.FRESH_S", 0.0)
    monkeypatch.setattr("logloop_chassis.auth.authenticator.PATIENCE_S", 0.01)
    recovered = asyncio.Event()

    async def hang(query: dict[str, Any]) -> dict[str, Any]:
        await recovered.wait()
        return {"_id": query["_id"], **key(revoked_at=PAST)}

    monkeypatch.setattr(database["api_keys"], "find_one", hang)
    async with asyncio.timeout(2):
        for _ in range(500):
            assert (await authenticator.authenticate_token("llk_good_secret")).id == "good"
    recovered.set()
    monkeypatch.setattr("logloop_chassis.auth.authenticator.AWAY_S", 0.0)
    monkeypatch.setattr(authenticator, "_away_until", 0.0)
    with pytest.raises(Unauthorized, match="revoked"):
        await authenticator.authenticate_token("llk_good_secret")


async def test_concurrent_requests_read_the_key_once(
    authenticator: Authenticator, database: dict[str, Collection]
) -> None:
    await asyncio.gather(*(authenticator.authenticate_token("llk_good_secret") for _ in range(50)))
    assert database["api_keys"].reads == 1


async def test_a_session_has_the_roles_of_its_user(authenticator: Authenticator) -> None:
    principal = await authenticator.authenticate(headers(cookie="a=b; __Host-logloop=cookie"))
    assert principal.may("read", "shop")
    assert not principal.may("write", "shop")
    assert not principal.may("read", "other")
    with pytest.raises(Unauthorized):
        await authenticator.authenticate(headers(cookie="__Host-logloop=old"))


@pytest.mark.parametrize(
    ("sent", "allowed"),
    [
        ({"sec_fetch_site": "same-origin"}, True),
        ({"sec_fetch_site": "cross-site", "origin": "http://host"}, False),
        ({"origin": "http://host", "host": "host"}, True),
        ({"origin": "http://evil", "host": "host"}, False),
        ({"origin": "null", "host": "host"}, False),
        ({}, False),
    ],
)
async def test_a_cookie_authorises_changes_only_from_the_same_origin(
    authenticator: Authenticator, sent: dict[str, str], allowed: bool
) -> None:
    request = headers(cookie="__Host-logloop=cookie", **sent)
    assert same_origin(request) is allowed
    if allowed:
        await authenticator.authenticate(request, method="POST")
    else:
        with pytest.raises(Forbidden):
            await authenticator.authenticate(request, method="POST")
    await authenticator.authenticate(request, method="GET")


async def test_a_service_token_is_limited_to_its_project(authenticator: Authenticator) -> None:
    principal = await authenticator.authenticate_token(issue_service_token(SECRET, "analyzer", "shop"))
    assert (principal.kind, principal.may("read", "shop"), principal.may("read", "other")) == ("service", True, False)
    with pytest.raises(Unauthorized):
        await authenticator.authenticate_token(issue_service_token(SECRET, "analyzer", "shop", ttl_s=-1))
    with pytest.raises(Unauthorized):
        await authenticator.authenticate_token(issue_service_token("t" * 40, "analyzer", "shop"))


async def test_without_authentication_cross_site_changes_are_still_rejected(
    database: dict[str, Collection],
) -> None:
    open_to_all = Authenticator(database, SECRET, no_auth=True)  # type: ignore[arg-type]  # as above
    assert (await open_to_all.authenticate(headers(), method="POST")).is_admin
    with pytest.raises(Forbidden):
        await open_to_all.authenticate(headers(origin="http://evil", host="localhost"), method="POST")


def test_an_inaccessible_project_looks_like_a_missing_one() -> None:
    viewer = Principal("user", "u", "u", projects=frozenset({"shop"}), role_in={"shop": "viewer"})
    with pytest.raises(NotFound):
        require(viewer, "read", "other")
    with pytest.raises(Forbidden):
        require(viewer, "write", "shop")
    with pytest.raises(Forbidden):
        require(viewer, "admin", None)
    require(viewer, "read", "shop")
