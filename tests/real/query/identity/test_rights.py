"""Access rights: every operation of the OpenAPI document with every kind of caller, and across projects."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
from logloop_chassis.crypto import issue_service_token
from logloop_chassis.testing import wait_until
from logloop_contracts.channels import HEADER_COUNT, HEADER_PROJECT, LOGS, LOGS_EXCHANGE
from logloop_contracts.log_batch import encode, entries_to_batch, log_id, new_batch_id
from logloop_query.run_reports import RunReport, run_record_id
from logloop_query.time_bounds import to_microseconds
from pymongo.errors import WriteError

from tests.infra import Infra
from tests.real.query.fake_checks import fake_checks
from tests.real.query.logs.storage import NOON, entry
from tests.real.query.records_app import (
    ADMIN_PASSWORD,
    SECRET_KEY,
    Running,
    make_key,
    make_project,
    make_user,
    running_whole,
)

UNKNOWN = "01KB4C7F3A9W2M5N8P1QRSTVWX"
NAMES = itertools.count()


@dataclass(frozen=True)
class Operation:
    """How to call an operation on project `alpha`. `needs`: open, caller, user, or a scope there or everywhere."""

    needs: str
    url: str
    body: Any = None

    def names(self, kind: str) -> bool:
        """Return whether the call is about a record of this kind."""
        return f"{{{kind}}}" in f"{self.url} {self.body}"


def name() -> str:
    return f"n{next(NAMES)}"


OPERATIONS: Mapping[str, Operation] = {
    "session_begin": Operation("open", "/session", {"email": "x@example.org", "password": "wrong"}),
    "session_read": Operation("caller", "/session"),
    "session_password_change": Operation(
        "user", "/session/password", {"old_password": "wrong", "new_password": "a new password"}
    ),
    "session_end": Operation("user", "/session"),
    "session_begin_with_code": Operation("open", "/session/code", {"token": "x", "code": "1"}),
    "sign_on_read": Operation("open", "/session/sign-on"),
    "two_factor_read": Operation("user", "/session/two-factor"),
    "two_factor_begin": Operation("user", "/session/two-factor", {"password": "wrong"}),
    "two_factor_confirm": Operation("user", "/session/two-factor/confirm", {"code": "1"}),
    "two_factor_renew": Operation("user", "/session/two-factor/recovery-codes", {"password": "wrong", "code": "1"}),
    "two_factor_end": Operation("user", "/session/two-factor/turn-off", {"password": "wrong", "code": "1"}),
    "project_create": Operation("admin everywhere", "/projects", {"id": "{new}", "name": "x"}),
    "project_list": Operation("caller", "/projects"),
    "project_read": Operation("read", "/projects/alpha"),
    "project_update": Operation("admin", "/projects/alpha", {"description": "x"}),
    "project_delete": Operation("admin everywhere", "/projects/{project}"),
    "project_overview_read": Operation("read", "/projects/alpha/overview"),
    "service_create": Operation("write", "/services", {"project_id": "alpha", "id": "{new}", "name": "x"}),
    "service_list": Operation("read", "/services?project_id=alpha"),
    "service_read": Operation("read", "/services/{service}?project_id=alpha"),
    "service_update": Operation("write", "/services/{service}?project_id=alpha", {"name": "y"}),
    "service_delete": Operation("write", "/services/{service}?project_id=alpha"),
    "test_create": Operation("write", "/tests", {"project_id": "alpha", "test_id": "{new}"}),
    "test_list": Operation("read", "/tests?project_id=alpha"),
    "test_read": Operation("read", "/tests/{test}?project_id=alpha"),
    "test_update": Operation("write", "/tests/{test}?project_id=alpha", {"name": "y"}),
    "test_delete": Operation("write", "/tests/{test}?project_id=alpha"),
    "test_run_list": Operation("read", "/test-runs?project_id=alpha"),
    "test_run_read": Operation("read", "/test-runs/{run}"),
    "flaky_test_list": Operation("read", "/flaky-tests?project_id=alpha"),
    "test_history_read": Operation("read", "/test-history?project_id=alpha&test_id=t"),
    "metric_create": Operation("write", "/metrics", {"project_id": "alpha", "name": "{new}"}),
    "metric_list": Operation("read", "/metrics?project_id=alpha"),
    "metric_read": Operation("read", "/metrics/{metric}"),
    "metric_update": Operation("write", "/metrics/{metric}", {"unit": "ms"}),
    "metric_delete": Operation("write", "/metrics/{metric}"),
    "metric_points_add": Operation("ingest", "/metrics/{metric}/points", {"value": 1}),
    "metric_series": Operation("read", "/metrics/{metric}/series"),
    "analysis_create": Operation("write", "/logs/analyses", {"project_id": "alpha"}),
    "analysis_list": Operation("read", "/logs/analyses?project_id=alpha"),
    "analysis_read": Operation("read", "/logs/analyses/{analysis}"),
    "analysis_delete": Operation("write", "/logs/analyses/{analysis}"),
    "analysis_message_create": Operation("write", "/logs/analyses/{analysis}/messages", {"text": "why?"}),
    "analysis_events": Operation("read", "/logs/analyses/{ended}/events"),
    "saved_view_create": Operation("write", "/saved-views", {"project_id": "alpha", "name": "x"}),
    "saved_view_list": Operation("read", "/saved-views?project_id=alpha"),
    "saved_view_read": Operation("read", "/saved-views/{view}"),
    "saved_view_update": Operation("admin", "/saved-views/{view}", {"name": "y"}),
    "saved_view_delete": Operation("admin", "/saved-views/{view}"),
    "pattern_edit_put": Operation(
        "write", "/pattern-edits", {"project_id": "alpha", "template": "{new}", "pinned": True}
    ),
    "pattern_edit_preview": Operation(
        "read", "/pattern-edits/preview", {"project_id": "alpha", "template": "it <*>"}
    ),
    "pattern_edit_list": Operation("read", "/pattern-edits?project_id=alpha"),
    "pattern_edit_delete": Operation("write", "/pattern-edits/{edit}?project_id=alpha"),
    "log_search": Operation("read", "/logs?project_id=alpha"),
    "log_histogram": Operation("read", "/logs/histogram?project_id=alpha"),
    "log_facets": Operation("read", "/logs/facets?project_id=alpha"),
    "log_attribute_list": Operation("read", "/logs/attributes?project_id=alpha"),
    "log_patterns": Operation("read", "/logs/patterns?project_id=alpha"),
    "log_tail": Operation("read", "/logs/tail?project_id=alpha"),
    "log_export": Operation("read", "/logs/export?project_id=alpha"),
    "log_read": Operation("read", "/logs/{log}"),
    "log_context": Operation("read", "/logs/{log}/context"),
    "log_update": Operation("write", "/logs/{log}", {"severity": "warn"}),
    "log_delete": Operation("write", "/logs/{log}"),
    "log_delete_by_search": Operation("write", "/logs?project_id=alpha&q=id:%22{log}%22"),
    "settings_read": Operation("read", "/settings?project_id=alpha"),
    "settings_llm_update": Operation("admin", "/settings/llm?project_id=alpha", {"provider": "none"}),
    "settings_llm_delete": Operation("admin", "/settings/llm?project_id=alpha"),
    "settings_llm_test": Operation("admin", "/settings/llm/test?project_id=alpha"),
    "settings_github_update": Operation("admin", "/settings/github?project_id=alpha", {}),
    "settings_github_delete": Operation("admin", "/settings/github?project_id=alpha"),
    "settings_github_test": Operation("admin", "/settings/github/test?project_id=alpha"),
    "settings_sign_in_read": Operation("admin everywhere", "/settings/sign-in"),
    "settings_sign_in_update": Operation("admin everywhere", "/settings/sign-in", {"two_factor_required": False}),
    "settings_sign_on_read": Operation("admin everywhere", "/settings/sign-on"),
    "settings_sign_on_update": Operation(
        "admin everywhere", "/settings/sign-on", {"name": "x", "issuer": "http://127.0.0.1:1", "client_id": "x"}
    ),
    "settings_sign_on_test": Operation("admin everywhere", "/settings/sign-on/test"),
    "settings_sign_on_delete": Operation("admin everywhere", "/settings/sign-on"),
    "api_key_create": Operation("admin", "/api-keys", {"name": "x", "project_id": "alpha", "scopes": ["read"]}),
    "api_key_list": Operation("admin", "/api-keys?project_id=alpha"),
    "api_key_read": Operation("admin", "/api-keys/{key}"),
    "api_key_update": Operation("admin", "/api-keys/{key}", {"daily_quota_bytes": 4096}),
    "api_key_rotate": Operation("admin", "/api-keys/{key}/rotate", {"grace_hours": 1}),
    "api_key_revoke": Operation("admin", "/api-keys/{key}"),
    "user_create": Operation("admin everywhere", "/users", {"email": "{new}@example.org", "name": "x"}),
    "user_list": Operation("admin everywhere", "/users"),
    "user_read": Operation("admin everywhere", "/users/{user}"),
    "user_update": Operation("admin everywhere", "/users/{user}", {"name": "y"}),
    "user_delete": Operation("admin everywhere", "/users/{user}"),
    "user_password_reset": Operation("admin everywhere", "/users/{user}/password", {"password": "another password"}),
    "user_two_factor_reset": Operation("admin everywhere", "/users/{user}/two-factor"),
    "member_list": Operation("admin", "/projects/alpha/members"),
    "member_add": Operation("admin", "/projects/alpha/members", {"email": "{address}", "role": "viewer"}),
    "member_update": Operation("admin", "/projects/alpha/members/{member}", {"role": "viewer"}),
    "member_remove": Operation("admin", "/projects/alpha/members/{member}"),
    "audit_list": Operation("admin", "/audit?project_id=alpha"),
    "audit_verify": Operation("admin everywhere", "/audit/verification"),
    "dead_letter_list": Operation("admin everywhere", "/query/dead-letters"),
    "dead_letter_retry": Operation("admin everywhere", "/query/dead-letters/query.logs/nothing/retry"),
    "dead_letter_delete": Operation("admin everywhere", "/query/dead-letters/query.logs/nothing"),
}

KINDS = (
    "service",
    "test",
    "metric",
    "analysis",
    "ended",
    "view",
    "edit",
    "run",
    "key",
    "user",
    "member",
    "address",
    "project",
    "log",
)
UNTRACED = {
    "metric_points_add",
    "settings_llm_test",
    "settings_github_test",
    "settings_sign_on_test",
    "pattern_edit_preview",
}
"""These operations change no record: points are data, and a test of settings or a preview only reads."""
ON_LOGS = {"log_update", "log_delete", "log_delete_by_search"}
"""These operations rewrite segments outside the transaction of the audit entry."""
EVERYTHING = {"open", "caller", "read", "write", "ingest", "admin", "admin everywhere"}
CALLERS: Mapping[str, set[str]] = {
    "nobody": {"open"},
    "administrator": EVERYTHING | {"user"},
    "alpha admin": EVERYTHING - {"admin everywhere"} | {"user"},
    "alpha member": {"open", "caller", "user", "read", "write", "ingest"},
    "alpha viewer": {"open", "caller", "user", "read"},
    "beta admin": {"open", "caller", "user"},
    "key of all": EVERYTHING,
    "alpha admin key": EVERYTHING - {"admin everywhere"},
    "alpha read key": {"open", "caller", "read"},
    "alpha ingest key": {"open", "caller", "ingest"},
    "beta admin key": {"open", "caller"},
    "beta member": {"open", "caller", "user"},
    "beta viewer": {"open", "caller", "user"},
    "beta read key": {"open", "caller"},
    "expired key": {"open"},
    "revoked key": {"open"},
    "alpha service": {"open", "caller", "read", "write", "ingest"},
    "beta service": {"open", "caller"},
    "one-time password": {"open", "session"},
}
OUTSIDERS = {"beta admin", "beta admin key", "beta member", "beta viewer", "beta read key", "beta service"}
REFUSED = {"nobody", "expired key", "revoked key"}


@dataclass
class World:
    """Two projects with a caller of each kind, and functions that create records in project alpha."""

    query: Running
    callers: dict[str, Callable[[], Awaitable[httpx.AsyncClient]]]
    admin: httpx.AsyncClient

    signed_in: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    kept: dict[str, str] = field(default_factory=dict)

    async def call(self, caller: str, operation: Operation, method: str, *, fresh: bool = False) -> httpx.Response:
        """Call an operation on an existing record, or on a `fresh` one."""
        values = {"new": name()}
        for kind in KINDS:
            if operation.names(kind):
                if fresh or kind not in self.kept:
                    self.kept[kind] = await self.make(kind)
                values[kind] = self.kept[kind]
        url = "/api/v1" + operation.url.format(**values)
        body = None if operation.body is None else _filled(operation.body, values)
        client = self.signed_in.get(caller) or await self.callers[caller]()
        self.signed_in[caller] = client
        if url.startswith("/api/v1/logs/tail"):
            return await self.begin_stream(client, url)
        answer = await client.request(method, url, json=body)
        if operation.needs == "user" or operation.needs == "open":
            del self.signed_in[caller]
        return answer

    async def begin_stream(self, client: httpx.AsyncClient, url: str) -> httpx.Response:
        """Open an endless stream and disconnect after the head. An error response is returned completely."""
        request = client.build_request("GET", url)
        heads: list[Any] = []
        bodies: list[bytes] = []
        begun = asyncio.Event()

        async def receive() -> dict[str, str]:
            await begun.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                heads.append(message)
                begun.set()
            else:
                bodies.append(message.get("body", b""))

        scope = {
            "type": "http",
            "method": "GET",
            "path": request.url.path,
            "query_string": request.url.query,
            "headers": [(key.lower(), value) for key, value in request.headers.raw],
            "client": ("203.0.113.7", 4711),
            "server": ("localhost", 80),
            "scheme": "http",
            "http_version": "1.1",
        }
        await self.query.app(scope, receive, send)
        return httpx.Response(heads[0]["status"], headers=heads[0]["headers"], content=b"".join(bodies))

    async def make_log(self, project: str = "alpha") -> str:
        """Send a log as ingest does, and return its id when it can be read."""
        batch = new_batch_id()
        rows = entries_to_batch([entry("a secret of " + project)], batch)
        await self.query.resources.publisher.publish_bytes(
            LOGS_EXCHANGE.name,
            project,
            encode(rows),
            headers={HEADER_PROJECT: project, HEADER_COUNT: 1},
            message_id=batch,
            content_type=LOGS.content_type,
        )
        number = log_id(batch, to_microseconds(NOON), 0)

        async def stored() -> bool:
            return (await self.admin.get(f"/api/v1/logs/{number}")).status_code == 200

        await wait_until(stored)
        return number

    async def make(self, kind: str) -> str:
        new = name()
        if kind == "log":
            return await self.make_log()
        if kind == "run":
            report = RunReport("pytest", new, NOON, NOON)
            await self.query.records.registry.record_test_runs("alpha", [report])
            return run_record_id("alpha", "pytest", new)
        if kind == "edit":
            edit = {"project_id": "alpha", "template": new, "pinned": True}
            return str((await self.admin.put("/api/v1/pattern-edits", json=edit)).json()["id"])
        if kind == "ended":
            analysis_id = await self.make("analysis")
            await self.admin.delete(f"/api/v1/logs/analyses/{analysis_id}")
            return analysis_id
        path, body, field = {
            "service": ("services", {"project_id": "alpha", "id": new, "name": "x"}, "id"),
            "test": ("tests", {"project_id": "alpha", "test_id": new}, "test_id"),
            "metric": ("metrics", {"project_id": "alpha", "name": new}, "id"),
            "analysis": ("logs/analyses", {"project_id": "alpha"}, "id"),
            "view": ("saved-views", {"project_id": "alpha", "name": "x", "shared": True}, "id"),
            "key": ("api-keys", {"name": "x", "project_id": "alpha", "scopes": ["read"]}, "id"),
            "user": ("users", {"email": f"{new}@example.org", "name": "x", "password": "some password"}, "id"),
            "member": (
                "users",
                {
                    "email": f"{new}@example.org",
                    "name": "x",
                    "password": "some password",
                    "projects": [{"project_id": "alpha", "role": "member"}],
                },
                "id",
            ),
            "address": ("users", {"email": f"{new}@example.org", "name": "x", "password": "some password"}, "email"),
            "project": ("projects", {"id": new, "name": "x"}, "id"),
        }[kind]
        answer = await self.admin.post(f"/api/v1/{path}", json=body)
        assert answer.status_code in {201, 202}, answer.text
        return str(answer.json()[field])


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, values) for key, item in value.items()}
    if not isinstance(value, str):
        return value
    for kind, text in values.items():
        value = value.replace(f"{{{kind}}}", text)
    return value


@pytest.fixture
async def world(infra: Infra, emptied_amqp_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setenv("LOGLOOP_ADMIN_PASSWORD", ADMIN_PASSWORD)
    async with (
        fake_checks() as checks,
        running_whole(emptied_amqp_url, infra.mongo_url, analyzer_url=checks.url, ci_bridge_url=checks.url) as query,
    ):
        admin = await query.signed_in()
        for project in ("alpha", "beta"):
            await make_project(admin, project)
        yield World(query, {**_users(query, admin), **await _keys(query, admin)}, admin)


def _users(query: Running, admin: httpx.AsyncClient) -> dict[str, Callable[[], Awaitable[httpx.AsyncClient]]]:
    async def nobody() -> httpx.AsyncClient:
        return query.client()

    callers: dict[str, Callable[[], Awaitable[httpx.AsyncClient]]] = {
        "nobody": nobody,
        "administrator": query.signed_in,
    }
    passwords: dict[str, str] = {}

    async def with_one_time_password() -> httpx.AsyncClient:
        email = f"{name()}@example.org"
        body = {"email": email, "name": email, "role": "admin", "password": "given by an administrator"}
        assert (await admin.post("/api/v1/users", json=body)).status_code == 201
        return await query.signed_in(email, "given by an administrator")

    callers["one-time password"] = with_one_time_password
    for who in ("alpha admin", "alpha member", "alpha viewer", "beta admin", "beta member", "beta viewer"):
        project, role = who.split()
        email = f"{role}.{project}@example.org"
        membership = {"project_id": project, "role": role}

        async def sign_in(email: str = email, membership: dict[str, str] = membership) -> httpx.AsyncClient:
            if email not in passwords:
                _, passwords[email] = await make_user(query, admin, email, role="viewer", projects=[membership])
            return await query.signed_in(email, passwords[email])

        callers[who] = sign_in
    return callers


async def _keys(query: Running, admin: httpx.AsyncClient) -> dict[str, Callable[[], Awaitable[httpx.AsyncClient]]]:
    keys = {
        "key of all": await make_key(admin, None, "admin"),
        "alpha admin key": await make_key(admin, "alpha", "admin"),
        "alpha read key": await make_key(admin, "alpha", "read"),
        "alpha ingest key": await make_key(admin, "alpha", "ingest"),
        "beta admin key": await make_key(admin, "beta", "admin"),
        "beta read key": await make_key(admin, "beta", "read"),
        "expired key": await make_key(admin, None, "admin"),
        "revoked key": await make_key(admin, None, "admin"),
        "alpha service": issue_service_token(SECRET_KEY, "analyzer", "alpha", 600),
        "beta service": issue_service_token(SECRET_KEY, "analyzer", "beta", 600),
    }
    ended = {who: keys[who].split("_")[1] for who in ("expired key", "revoked key")}
    stored = query.resources.database["api_keys"]
    await stored.update_one({"_id": ended["expired key"]}, {"$set": {"expires_at": NOON}})
    assert (await admin.delete(f"/api/v1/api-keys/{ended['revoked key']}")).status_code == 200

    def using(key: str) -> Callable[[], Awaitable[httpx.AsyncClient]]:
        async def client() -> httpx.AsyncClient:
            return query.with_key(key)

        return client

    return {who: using(key) for who, key in keys.items()}


def operations(query: Running) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Every operation by id: method, path and description."""
    return {
        described["operationId"].partition("_api_v1_")[0]: (method.upper(), path, described)
        for path, methods in query.app.openapi()["paths"].items()
        for method, described in methods.items()
        if path.startswith("/api/v1/")
    }


@pytest.mark.timeout(600)
async def test_each_caller_may_do_exactly_what_its_scopes_allow(world: World) -> None:
    documented = operations(world.query)
    assert set(documented) == set(OPERATIONS), "every operation has a row in this matrix"
    wrong = []
    for caller, rights in CALLERS.items():
        for operation_id, operation in OPERATIONS.items():
            method, path, described = documented[operation_id]
            allowed = operation.needs in rights or ("session" in rights and operation.url.startswith("/session"))
            answer = await world.call(caller, operation, method, fresh=allowed and method != "GET")
            if allowed and method == "DELETE":
                world.kept.clear()
            if not _as_expected(answer, caller, operation, allowed=allowed):
                wrong.append(
                    f"{caller}: {operation_id} ({operation.needs}): {answer.status_code} {answer.text[:200]}"
                )
            if str(answer.status_code) not in described["responses"]:
                wrong.append(f"{method} {path} does not document {answer.status_code}")
            await world.query.resources.database["sign_in_attempts"].delete_many({})
    assert wrong == [], "\n".join(wrong)


def _as_expected(answer: httpx.Response, caller: str, operation: Operation, *, allowed: bool) -> bool:
    if allowed:
        return _as_allowed(answer, operation)
    if caller in REFUSED:
        return answer.status_code == 401
    if caller in OUTSIDERS and operation.needs not in {"admin everywhere", "user"}:
        return answer.status_code == 404
    return answer.status_code == 403


def _as_allowed(answer: httpx.Response, operation: Operation) -> bool:
    """Return whether a response does not refuse its caller. Some examples are wrong on purpose."""
    if operation.needs == "open" and operation.body is not None:
        return answer.status_code == 401  # the credentials are wrong
    if operation.url == "/session/password":
        return answer.status_code == 403 and "old password" in answer.text
    if operation.url.startswith("/session/two-factor"):
        return answer.status_code in {200, 403, 409} and "is for users who" not in answer.text  # the proof is wrong
    if operation.url.endswith("/messages"):
        return answer.status_code == 409
    if operation.url.startswith("/settings/"):
        return answer.status_code in {200, 204, 404}  # 404: there are no settings to delete
    if operation.url.startswith("/query/dead-letters/"):
        return answer.status_code == 404  # there is no such letter
    return answer.is_success


async def test_every_change_adds_one_audit_entry_and_no_response_may_be_cached(world: World) -> None:
    trail = world.query.resources.database["audit"]
    world.query.records.project_deletion.settle = timedelta(hours=1)
    wrong = []
    for operation_id, (method, _, _) in operations(world.query).items():
        operation = OPERATIONS[operation_id]
        for kind in KINDS:
            if operation.names(kind):
                world.kept[kind] = await world.make(kind)
        if "administrator" not in world.signed_in:
            world.signed_in["administrator"] = await world.query.signed_in()
        before = await trail.count_documents({})
        answer = await world.call("administrator", operation, method)
        written = await trail.count_documents({}) - before
        if operation.needs in {"open", "user"}:
            continue  # signing in and out has its own tests
        expected = 1 if method != "GET" and answer.is_success and operation_id not in UNTRACED else 0
        if written != expected:
            wrong.append(f"{operation_id}: {written} entries instead of {expected} ({answer.status_code})")
        if "no-store" not in answer.headers.get("cache-control", ""):
            wrong.append(f"{operation_id}: {answer.status_code} may be cached")
    assert wrong == []


async def test_a_record_of_another_project_looks_like_an_unknown_one(world: World) -> None:
    """The responses for the id of another project and for an unknown id differ only in the id."""
    outsider = await world.callers["beta admin"]()
    unknown_ids = {"key": "abcdefghij", "run": "0" * 32}
    pairs = []
    for kind, path in (
        ("run", "test-runs"),
        ("metric", "metrics"),
        ("analysis", "logs/analyses"),
        ("view", "saved-views"),
        ("key", "api-keys"),
    ):
        foreign, unknown = await world.make(kind), unknown_ids.get(kind, UNKNOWN)
        answers = [await outsider.get(f"/api/v1/{path}/{item}") for item in (foreign, unknown)]
        pairs.append(
            [answer.text.replace(item, "*") for answer, item in zip(answers, (foreign, unknown), strict=True)]
        )

    assert all(first == second and '"status":404' in first for first, second in pairs)


async def test_a_search_returns_nothing_of_another_project(world: World) -> None:
    """Neither by id, nor with a cursor of the other project, nor through any endpoint of search."""
    foreign, own = await world.make_log("alpha"), await world.make_log("beta")
    insider = await world.callers["alpha read key"]()
    await world.make_log("alpha")
    cursor = (await insider.get("/api/v1/logs?limit=1&order=asc")).json()["next_cursor"]
    outsider = await world.callers["beta read key"]()
    by_id = {"q": f'id:"{foreign}"'}

    assert cursor is not None
    found = await outsider.get("/api/v1/logs", params={"cursor": cursor, "order": "desc"})
    assert {item["project_id"] for item in found.json()["items"]} <= {"beta"}
    assert [item["id"] for item in (await outsider.get("/api/v1/logs")).json()["items"]] == [own]
    assert (await outsider.get("/api/v1/logs", params=by_id)).json()["items"] == []
    assert (await outsider.get("/api/v1/logs/export", params=by_id)).text == ""
    assert (await outsider.get("/api/v1/logs/facets", params=by_id)).json()["total"] == 0
    assert (await outsider.get("/api/v1/logs/attributes", params=by_id)).json()["logs"] == 0
    assert (await outsider.get("/api/v1/logs/histogram", params=by_id)).json()["total"] == 0
    assert (await outsider.get("/api/v1/logs/patterns", params=by_id)).json()["total"] == 0
    assert "alpha" not in (await outsider.get("/api/v1/logs/patterns")).text
    unknown = foreign.replace(foreign[:26], "0" * 26)
    for suffix in ("", "/context"):
        answers = [await outsider.get(f"/api/v1/logs/{item}{suffix}") for item in (foreign, unknown)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].text.replace(foreign, "*") == answers[1].text.replace(unknown, "*")


async def test_equal_ids_in_two_projects_are_independent(world: World) -> None:
    for project in ("alpha", "beta"):
        body = {"project_id": project, "id": "cart", "name": f"cart of {project}"}
        assert (await world.admin.post("/api/v1/services", json=body)).status_code == 201

    await world.admin.delete("/api/v1/services/cart?project_id=alpha")

    assert (await world.admin.get("/api/v1/services/cart?project_id=alpha")).status_code == 404
    assert (await world.admin.get("/api/v1/services/cart?project_id=beta")).json()["name"] == "cart of beta"


async def test_an_administrator_of_a_project_cannot_create_a_key_for_other_projects(world: World) -> None:
    boss = await world.callers["alpha admin"]()

    everywhere = await boss.post("/api/v1/api-keys", json={"name": "x", "scopes": ["admin"]})
    elsewhere = await boss.post("/api/v1/api-keys", json={"name": "x", "project_id": "beta", "scopes": ["read"]})

    assert (everywhere.status_code, elsewhere.status_code) == (403, 404)


INJECTIONS: list[Any] = [
    {"$ne": None},
    {"$gt": ""},
    {"$where": "sleep(1000)"},
    {"$expr": {"$function": {"body": "while(1){}", "args": [], "lang": "js"}}},
]


async def test_database_operators_in_a_body_are_rejected(world: World) -> None:
    """Each member of each body is replaced by an operator object, and an operator is added as a member."""
    documented = operations(world.query)
    accepted = []
    for operation_id, operation in OPERATIONS.items():
        if not isinstance(operation.body, dict):
            continue
        method, _, _ = documented[operation_id]
        for member, injection in itertools.product([*operation.body, "$where"], INJECTIONS):
            poisoned = Operation(operation.needs, operation.url, {**operation.body, member: injection})
            answer = await world.call("administrator", poisoned, method)
            if answer.status_code != 422:
                accepted.append((operation_id, member, answer.status_code, answer.text[:100]))
    assert accepted == []


async def test_database_operators_in_the_query_string_stay_text(world: World) -> None:
    await world.make("service")

    answers = [
        await world.admin.get("/api/v1/services?project_id[$ne]=x"),
        await world.admin.get("/api/v1/services", params={"project_id": '{"$ne": null}'}),
        await world.admin.get("/api/v1/metrics", params={"project_id": "alpha", "name": '{"$ne": null}'}),
        await world.admin.get("/api/v1/audit", params={"action": '{"$ne": null}'}),
    ]

    assert [answer.status_code for answer in answers] == [422, 422, 200, 200]
    assert [answer.json()["items"] for answer in answers[2:]] == [[], []]


async def test_a_cursor_of_another_list_is_rejected(world: World) -> None:
    for cursor in ("x", "bnVsbA", "WzEsMl0", "W3siJG5lIjoxfV0"):
        answer = await world.admin.get(f"/api/v1/services?project_id=alpha&cursor={cursor}")
        assert answer.status_code == 422


async def test_every_operation_is_described_with_its_problems(world: World) -> None:
    for operation_id, (method, path, described) in operations(world.query).items():
        assert described.get("summary"), operation_id
        assert described.get("description"), operation_id
        assert {"401", "422"} <= set(described["responses"]), f"{method} {path}"
        for status in (code for code in described["responses"] if code >= "400"):
            assert "application/problem+json" in described["responses"][status]["content"], f"{operation_id} {status}"


async def test_a_change_is_not_made_when_its_audit_entry_fails(world: World) -> None:
    """Every audited operation leaves the records unchanged when the audit entry cannot be added."""
    database = world.query.resources.database
    documented = operations(world.query)
    traced = {
        operation_id: operation
        for operation_id, operation in OPERATIONS.items()
        if documented[operation_id][0] != "GET"
        and operation.needs not in {"open", "user"}
        and operation_id not in UNTRACED | {"dead_letter_retry", "dead_letter_delete"} | ON_LOGS
    }
    world.signed_in["administrator"] = await world.query.signed_in()
    await world.admin.put("/api/v1/settings/llm?project_id=alpha", json={"provider": "none"})
    await world.admin.put("/api/v1/settings/github?project_id=alpha", json={})
    await world.admin.put("/api/v1/settings/sign-on", json=OPERATIONS["settings_sign_on_update"].body)
    for kind in KINDS:
        world.kept[kind] = await world.make(kind)
    finished = {"status": "completed", "report": {"summary": "x", "verdict": "likely"}}
    await database["analyses"].update_one({"id": world.kept["analysis"]}, {"$set": finished})
    stays = None
    wrong = []
    await database.command("collMod", "audit", validator={"nobody": True})
    for operation_id, operation in traced.items():
        stays = stays or await _records(world)
        try:
            answer = await world.call("administrator", operation, documented[operation_id][0])
        except WriteError:
            answer = None
        if answer is not None:
            wrong.append(f"{operation_id}: answered {answer.status_code} {answer.text[:200]}")
        if await _records(world) != stays:
            wrong.append(f"{operation_id}: something changed")
            stays = None
    await database.command("collMod", "audit", validator={})  # a later test gets this database
    assert wrong == [], "\n".join(wrong)


async def _records(world: World) -> dict[str, list[Any]]:
    """Every record that operations may change, by collection."""
    names = (
        "projects",
        "services",
        "tests",
        "metrics",
        "users",
        "sessions",
        "api_keys",
        "sign_in_settings",
        "settings",
        "analyses",
        "saved_views",
        "pattern_edits",
    )
    unstable = {"last_used_at", "last_seen_at", "idle_expires_at", "publish_after", "publish_attempts"}
    return {
        name: [
            {field: value for field, value in document.items() if field not in unstable}
            async for document in world.query.resources.database[name].find(sort=[("_id", 1)])
        ]
        for name in names
    }
