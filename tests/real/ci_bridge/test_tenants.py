"""Isolation of projects: every operation of the OpenAPI document against every kind of caller."""

import itertools
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from logloop_chassis.crypto import KeyHasher, issue_service_token, session_hash
from logloop_chassis.http.paging import encode_cursor
from logloop_chassis.ids import new_id
from logloop_ci_bridge.dispatches.outbox import manual_key
from logloop_ci_bridge.runs.output import RunOutput
from logloop_ci_bridge.runs.run import Run

from tests.fakes.github_messages import WEBHOOK_EXAMPLES, webhook_request
from tests.infra import fresh_database
from tests.real.ci_bridge.bridge_app import PREFIX, SECRET_KEY, FakeQuery, Running, running, settings
from tests.real.ci_bridge.operations import (
    MATCHER,
    NOW,
    OPERATIONS,
    PIPELINE,
    RECEIVER,
    REPOSITORY,
    REQUESTED,
    RULE,
    RUN,
    SHA256,
    TEMPLATE,
)

SECRETS = {"alpha": "alpha's hook", "beta": "beta's hook"}
NAMES = itertools.count()


RIGHTS: Mapping[str, set[str]] = {
    "nobody": set(),
    "expired key": set(),
    "key of all": {"read", "write", "admin", "admin everywhere"},
    "alpha admin key": {"read", "write", "admin"},
    "alpha read key": {"read"},
    "alpha ingest key": set(),
    "alpha service": {"read", "write"},
    "alpha member": {"read", "write"},
    "alpha viewer": {"read"},
    "beta admin key": set(),
    "beta read key": set(),
    "beta service": set(),
    "beta admin": set(),
    "beta viewer": set(),
}
STRANGERS = {"nobody", "expired key"}
OUTSIDERS = {who for who in RIGHTS if who.startswith("beta")}


WRITTEN = tuple(
    f"ci_{name}"
    for name in (
        *("templates", "pipelines", "rules", "runs", "receivers", "matchers"),
        *("workflow_files", "approvals", "approval_requests", "pauses"),
    )
)
"""The collections of what users wrote or started."""
COLLECTIONS = (*WRITTEN, "ci_rule_state", "ci_dispatches", "ci_notifications", "ci_emulations")


@dataclass
class World:
    """Projects alpha and beta, each with one of everything, and callers of each kind."""

    bridge: Running
    headers: dict[str, dict[str, str]]
    things: dict[str, dict[str, str]] = field(default_factory=dict)
    made: dict[str, dict[str, list[dict[str, Any]]]] = field(default_factory=dict)

    @property
    def database(self) -> Any:
        """Where everything is stored."""
        return self.bridge.resources.database

    async def send(self, who: str, method: str, url: str, body: Any = None, **headers: str) -> httpx.Response:
        """Call an address under the prefix."""
        sent = {**self.headers[who], **headers}
        return await self.bridge.client.request(method, PREFIX + url, json=body, headers=sent)

    async def call(self, who: str, name: str, **other: str) -> httpx.Response:
        """Call an operation of the table, with things of alpha except those named in `other`."""
        values = {**self.things["alpha"], **other, "new": f"n{next(NAMES)}"}
        operation = OPERATIONS[name]
        body = None if operation.body is None else _filled(operation.body, values)
        return await self.send(who, name.split(maxsplit=1)[0], _filled(operation.url, values), body)

    async def remake(self, project: str) -> None:
        """Replace everything in a project by one of each kind."""
        for name in COLLECTIONS:
            await self.database[name].delete_many(self.of(name, project))
        own = {"project_id": project}
        made: dict[str, str] = {"run": RUN}
        records = (TEMPLATE, PIPELINE, RULE, RECEIVER, MATCHER)
        kinds = dict(zip(("template", "pipeline", "rule", "receiver", "matcher"), records, strict=True))
        for kind, body in kinds.items():
            filled = _filled(own | body, {**made, "new": f"{kind} of {project}"})
            answer = await self.send("key of all", "POST", f"/{kind}s", filled)
            assert answer.status_code == 201, answer.text
            made[kind] = answer.json()["id"]
        body = own | {"pipeline_id": made["pipeline"]}
        made["dispatch"] = (await self.send("key of all", "POST", "/dispatches", body)).json()["id"]
        run = {"run_id": RUN, "repository": REPOSITORY, "status": "queued", "service_id": "s", "order": 10}
        moments = {"first_seen_at": NOW, "created_at": NOW}
        await self.database["ci_runs"].insert_one({**own, **run, **moments, "name": f"run of {project}"})
        await self.bridge.services.stores.run_outputs.save(Run.model_validate(own | run), RunOutput())
        made["notification"] = new_id()
        sent = {"receiver_id": made["receiver"], "state": "failed", "matches": [], "count": 0, "created_at": NOW}
        await self.database["ci_notifications"].insert_one({**own, **sent, "_id": made["notification"]})
        approved = await self.send("key of all", "PUT", f"/emulations/approvals/{SHA256}", own)
        assert approved.status_code == 200, approved.text
        made["file"] = new_id()
        file = {"_id": made["file"], "repository": "octo-org/other", "path": "w.yml", "origin": "upload", "text": ""}
        await self.database["ci_workflow_files"].insert_one(
            {**own, **file, "conditions": 0, "read_at": NOW, "created_at": NOW}
        )
        request = {"sha256": REQUESTED, "file": "w.yml", "workflow": f"# {project}", "state": "waiting"}
        by = {"requested_by": "somebody", "requested_at": NOW}
        await self.database["ci_approval_requests"].insert_one({**own, **request, **by})
        made["emulated"] = new_id()
        emulated = {"_id": new_id(), "run_id": made["emulated"], "sha256": SHA256, "state": "completed"}
        texts = {"title": "", "file": "w.yml", "workflow": "on: push", "repository": REPOSITORY, "ref": "main"}
        await self.database["ci_emulations"].insert_one(
            {**own, **emulated, **texts, "event": {"event_type": "x"}, "network": False, "created_at": NOW}
        )
        self.things[project] = made
        self.made[project] = {name: await self.rows(name, project) for name in COLLECTIONS}

    async def restore(self, project: str) -> None:
        """Bring everything in a project back to what `remake` made."""
        for name, made in self.made[project].items():
            if await self.rows(name, project) != made:
                await self.database[name].delete_many(self.of(name, project))
                if made:
                    await self.database[name].insert_many(made)

    def of(self, name: str, project: str) -> dict[str, str]:
        """The filter that selects what a collection has of a project."""
        return {"_id" if name == "ci_pauses" else "project_id": project}

    async def rows(self, name: str, project: str) -> list[dict[str, Any]]:
        """What a collection has of a project."""
        return [row async for row in self.database[name].find(self.of(name, project), sort=[("_id", 1)])]

    async def stored(self, project: str) -> str:
        """Everything that users wrote or started in a project."""
        found: list[Any] = [await self.rows(name, project) for name in WRITTEN]
        found.append(await self.database["ci_dispatches"].count_documents({"project_id": project}))
        return json.dumps(found, default=str)


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, values) for item in value]
    if isinstance(value, str):
        for name, text in values.items():
            value = value.replace(f"{{{name}}}", text)
    return value


async def _headers(bridge: Running) -> dict[str, dict[str, str]]:
    """The credentials of each kind of caller, with sessions and keys as query stores them."""
    database = bridge.resources.database
    later = datetime.now(UTC) + timedelta(hours=1)
    found: dict[str, dict[str, str]] = {"nobody": {}}
    keys: list[tuple[str, str | None, str]] = [
        ("key of all", None, "admin"),
        ("expired key", None, "admin"),
        ("alpha admin key", "alpha", "admin"),
        ("alpha read key", "alpha", "read"),
        ("alpha ingest key", "alpha", "ingest"),
        ("beta admin key", "beta", "admin"),
        ("beta read key", "beta", "read"),
    ]
    for number, (who, project, scope) in enumerate(keys):
        key_id, secret = f"key{number:07}", "s" * 32
        ends = NOW - timedelta(days=1) if who == "expired key" else later
        document = {"_id": key_id, "hash": KeyHasher(SECRET_KEY).hash(secret), "project_id": project}
        await database["api_keys"].insert_one({**document, "scopes": [scope], "expires_at": ends})
        found[who] = {"Authorization": f"Bearer llk_{key_id}_{secret}"}
    for who in ("alpha member", "alpha viewer", "beta admin", "beta viewer"):
        project, role = who.split()
        await database["users"].insert_one(
            {"_id": who, "email": who, "role": "member", "projects": [{"project_id": project, "role": role}]}
        )
        await database["sessions"].insert_one(
            {"_id": session_hash(who), "user_id": who, "expires_at": later, "idle_expires_at": later}
        )
        found[who] = {"Cookie": f"logloop_session={who}", "Sec-Fetch-Site": "same-origin"}
    for project in ("alpha", "beta"):
        token = issue_service_token(SECRET_KEY, "query", project)
        found[f"{project} service"] = {"Authorization": f"Bearer {token}"}
    return found


@pytest.fixture
async def world(emptied_amqp_url: str, mongo_url: str) -> AsyncIterator[World]:
    secrets = {project: {"webhook_secret": secret} for project, secret in SECRETS.items()}
    with FakeQuery(secrets) as query:
        configured = settings(emptied_amqp_url, mongo_url, query.url, "http://127.0.0.1:1", no_auth=False)
        async with running(configured, fresh_database()) as bridge:
            made = World(bridge, await _headers(bridge))
            for project in ("alpha", "beta"):
                await made.database["projects"].insert_one({"_id": project, "name": project})
                await made.remake(project)
            yield made


async def test_the_table_has_every_operation(world: World) -> None:
    paths = world.bridge.app.openapi()["paths"]
    operations = {
        f"{method.upper()} {path.removeprefix(PREFIX)}"
        for path, methods in paths.items()
        if path.startswith(PREFIX)
        for method in methods
    }
    assert operations == set(OPERATIONS), "add a row for a new operation, with the right that it needs"


@pytest.mark.timeout(600)
async def test_each_caller_may_do_exactly_what_its_rights_allow(world: World) -> None:
    for name, operation in OPERATIONS.items():
        if operation.needs == "open":
            continue
        before = await world.stored("alpha")
        for who in RIGHTS:
            if operation.needs not in RIGHTS[who]:
                await _is_refused(world, who, name)
        assert await world.stored("alpha") == before, f"a refused caller changed something with {name}"
        for who in RIGHTS:
            if operation.needs in RIGHTS[who]:
                await _is_allowed(world, who, name)
                if operation.needs != "read":
                    await world.restore("alpha")
        if operation.needs == "read":
            assert await world.stored("alpha") == before, f"{name} needs only the right to read"


async def _is_refused(world: World, who: str, name: str) -> None:
    answer, needs = await world.call(who, name), OPERATIONS[name].needs
    described = f"{who}, {name}: {answer.status_code} {answer.text}"
    if needs == "own state":
        assert answer.status_code == (401 if who in STRANGERS else 422), described
        return
    expected = 401 if who in STRANGERS else 404 if who in OUTSIDERS and needs != "admin everywhere" else 403
    assert answer.status_code == expected, described
    assert "of alpha" not in answer.text, described


async def _is_allowed(world: World, who: str, name: str) -> None:
    answer = await world.call(who, name)
    in_use = answer.status_code == 409 and (name.startswith("DELETE") or name.endswith("/cancel"))
    no_letter = answer.status_code == 404 and OPERATIONS[name].needs == "admin everywhere"
    no_app = answer.status_code == 422 and name.startswith("GET /github/")
    described = f"{who}, {name}: {answer.status_code} {answer.text}"
    assert answer.is_success or in_use or no_letter or no_app, described


async def test_only_admins_of_everything_may_pause_everything(world: World) -> None:
    for who in RIGHTS:
        for method, body in (("GET", None), ("PUT", {}), ("DELETE", None)):
            answer = await world.send(who, method, "/pause", body)
            expected = 200 if "admin everywhere" in RIGHTS[who] else 401 if who in STRANGERS else 403
            assert answer.status_code == expected, f"{who}, {method}: {answer.text}"
    assert await world.database["ci_pauses"].count_documents({}) == 0


async def test_a_thing_of_another_project_looks_like_one_that_does_not_exist(world: World) -> None:
    named = [name for name in OPERATIONS if "_id}" in name and "letter" not in name]
    for name, who in itertools.product(named, OUTSIDERS):
        [kind] = [kind for kind in world.things["alpha"] if f"{{{kind}}}" in OPERATIONS[name].url]
        real, unknown = world.things["alpha"][kind], "999" if kind == "run" else "01JD0000000000000000000000"
        existing, missing = await world.call(who, name), await world.call(who, name, **{kind: unknown})
        assert existing.text.replace(real, unknown) == missing.text, f"{who}, {name}"
        assert (existing.status_code, missing.status_code) == (404, 404), f"{who}, {name}"


async def test_a_list_contains_only_its_project_for_any_cursor_and_filter(world: World) -> None:
    alpha = world.things["alpha"]
    kinds = (
        "templates",
        "pipelines",
        "rules",
        "receivers",
        "matchers",
        "notifications",
        "dispatches",
        "chains",
        "runs",
    )
    for kind in (*kinds, "workflows"):
        foreign = [f"cursor={encode_cursor(value)}" for value in alpha.values() if kind != "runs"]
        foreign += [f"{name}_id={alpha[name]}" for name in ("pipeline", "dispatch", "rule")]
        for query in ("", *foreign):
            answer = await world.send("beta admin", "GET", f"/{kind}?project_id=beta&{query}")
            assert answer.status_code == 200, answer.text
            assert {item["project_id"] for item in answer.json()["items"]} <= {"beta"}
            assert "of alpha" not in answer.text


async def test_each_project_reads_its_own_view_of_a_run_that_two_projects_track(world: World) -> None:
    for project in ("alpha", "beta"):
        answer = await world.send(f"{project} service", "GET", f"/runs/{RUN}")
        assert answer.json()["name"] == f"run of {project}"
    assert (await world.send("key of all", "GET", f"/runs/{RUN}")).status_code == 409


async def test_a_rule_cannot_notify_a_receiver_of_another_project(world: World) -> None:
    rule = {"project_id": "beta", "name": "thief", "action": {"notify": [world.things["alpha"]["receiver"]]}}
    answer = await world.send("beta admin", "POST", "/rules", rule)
    assert answer.status_code == 422
    assert "there is no receiver" in answer.text


@pytest.mark.parametrize("kind", ["pipeline", "template"])
async def test_nothing_can_refer_to_records_of_another_project(world: World, kind: str) -> None:
    action = {"pipeline_id": world.things["beta"]["pipeline"], f"{kind}_id": world.things["alpha"][kind]}
    rule = {"project_id": "beta", "name": "thief", "action": action}
    assert (await world.send("beta admin", "POST", "/rules", rule)).status_code == 422
    check = await world.send("beta admin", "POST", "/rules/check", rule)
    assert not check.json()["valid"]
    change = await world.send("beta admin", "PUT", f"/rules/{world.things['beta']['rule']}", rule | {"name": "r"})
    assert change.status_code == 422
    answer = await world.send("beta admin", "POST", "/dispatches", {"project_id": "beta", **action})
    assert answer.status_code == 404
    assert "of alpha" not in check.text + answer.text


async def test_a_rule_that_names_a_foreign_template_in_the_database_does_not_use_it(world: World) -> None:
    """Saving rejects it; firing checks it again."""
    action = {"pipeline_id": world.things["beta"]["pipeline"], "template_id": world.things["alpha"]["template"]}
    changes = {"$set": {"action": action, "enabled": True}}
    await world.database["ci_rules"].update_one({"_id": world.things["beta"]["rule"]}, changes)
    [active] = await world.bridge.services.active_rules.get("beta", "logs")
    attempt = await world.bridge.services.evaluator._firer._attempt(_match_of(active.stored), NOW)
    assert attempt.gate == "payload"


def _match_of(rule: Any) -> Any:
    from logloop_ci_bridge.rules.evaluation.evaluation import Evaluation
    from logloop_ci_bridge.rules.firing.rule_match import RuleMatch
    from logloop_ci_bridge.rules.rule import Origin

    return RuleMatch(rule, "log", NOW, {}, Origin(), Evaluation(at=NOW, outcome="fired"), "link")


async def test_the_same_idempotency_key_in_two_projects_creates_two_dispatches(world: World) -> None:
    ids = set()
    for project in ("alpha", "beta"):
        body = {"project_id": project, "pipeline_id": world.things[project]["pipeline"]}
        answer = await world.send(f"{project} service", "POST", "/dispatches", body, **{"Idempotency-Key": "once"})
        assert answer.status_code == 202
        assert answer.json()["project_id"] == project
        ids.add(answer.json()["id"])
    assert len(ids) == 2
    found = await world.database["ci_dispatches"].count_documents({"dedupe_key": manual_key("once")})
    assert found == 2


async def test_a_webhook_applies_only_to_the_projects_whose_secret_signed_it(world: World) -> None:
    """Beta signs an event of a run whose title contains the correlation id of alpha's dispatch."""
    alpha = await world.database["ci_dispatches"].find_one({"_id": world.things["alpha"]["dispatch"]})
    await world.database["ci_pipelines"].update_many({}, {"$set": {"collect_logs": "all"}})
    before = await world.stored("alpha")
    example = json.loads(json.dumps(WEBHOOK_EXAMPLES["workflow_run"][1]))
    example["workflow_run"] |= {"id": int(RUN), "display_title": f"stolen {alpha['correlation_id']}"}
    request = webhook_request(f"http://t{PREFIX}/webhooks/github", example, secret=SECRETS["beta"], delivery="d")
    answer = await world.bridge.client.send(request)
    assert (answer.status_code, answer.json()) == (202, {"outcome": "accepted"})
    assert await world.stored("alpha") == before
    dispatch = await world.database["ci_dispatches"].find_one({"_id": world.things["alpha"]["dispatch"]})
    assert dispatch["run_id"] is None
    runs = [run async for run in world.database["ci_runs"].find({"run_id": RUN, "status": "completed"})]
    assert [(run["project_id"], run.get("dispatch_id")) for run in runs] == [("beta", None)]
    repeated = webhook_request(f"http://t{PREFIX}/webhooks/github", example, secret=SECRETS["alpha"], delivery="d")
    assert (await world.bridge.client.send(repeated)).json() == {"outcome": "accepted"}, (
        "alpha's own delivery, not a repeat of beta's"
    )
