"""Records, rights and back-tests over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from logloop_chassis.crypto import KeyHasher, issue_service_token
from logloop_chassis.http.paging import encode_cursor
from logloop_chassis.testing import wait_until

from tests.infra import fresh_database
from tests.real.ci_bridge.bridge_app import (
    PREFIX,
    PROJECT,
    SECRET_KEY,
    FakeQuery,
    Running,
    entries,
    publish_logs,
    running,
    settings,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


async def test_a_template_is_created_read_changed_listed_and_deleted(bridge: Running) -> None:
    body = {"name": "Burst", "event_type": "a.b", "fields": [{"name": "n", "type": "integer", "required": True}]}
    made = await bridge.post("/templates", {"project_id": PROJECT, **body})
    assert made["payload_json_schema"]["required"] == ["n"]
    assert (await bridge.get(f"/templates/{made['id']}"))["name"] == "Burst"
    changed = await bridge.client.put(f"{PREFIX}/templates/{made['id']}", json={**body, "name": "New"})
    assert (changed.status_code, changed.json()["revision"]) == (200, 2)
    preview = await bridge.post(f"/templates/{made['id']}/preview", {"values": {"n": "7"}}, 200)
    assert preview == {"event_type": "a.b", "payload": {"n": 7}}
    assert [item["name"] for item in await bridge.items("/templates")] == ["New"]
    again = await bridge.client.post(f"{PREFIX}/templates", json={"project_id": PROJECT, **body, "name": "New"})
    assert (again.status_code, again.headers["content-type"]) == (409, "application/problem+json")
    assert (await bridge.client.delete(f"{PREFIX}/templates/{made['id']}")).status_code == 204
    assert (await bridge.client.get(f"{PREFIX}/templates/{made['id']}")).status_code == 404


async def test_changes_reach_the_audit_trail_also_after_an_outage_of_query(bridge: Running, query: FakeQuery) -> None:
    query.unavailable = True
    body = {"name": "Burst", "event_type": "a.b"}
    made = await bridge.post("/templates", {"project_id": PROJECT, **body})
    await bridge.client.put(f"{PREFIX}/templates/{made['id']}", json={"name": "New", "event_type": "secret"})
    await bridge.client.put(f"{PREFIX}/pause", json={"project_id": PROJECT, "reason": "secret"})
    await bridge.client.delete(f"{PREFIX}/pause?project_id={PROJECT}")
    await bridge.client.delete(f"{PREFIX}/templates/{made['id']}")
    assert not await bridge.services.change_reporter.step()
    query.unavailable = False
    bridge.services.change_reporter.wake.set()
    outbox = bridge.resources.database["ci_audit_outbox"]

    async def all_reported() -> bool:
        return await outbox.count_documents({}) == 0

    await wait_until(all_reported)
    assert [(item["action"], item["record_id"]) for item in query.changes] == [
        ("template.create", made["id"]),
        ("template.update", made["id"]),
        ("dispatching.pause", PROJECT),
        ("dispatching.resume", PROJECT),
        ("template.delete", made["id"]),
    ]
    assert query.changes[1]["changed"] == ["event_type", "name"]
    assert {(item["project_id"], item["actor_id"] != "", item["ip"]) for item in query.changes} == {
        (PROJECT, True, "127.0.0.1")
    }
    assert "secret" not in str(query.changes)
    assert not await bridge.services.change_reporter.step()
    assert len(query.changes) == 5, "each is reported once"


async def test_lists_have_pages_to_the_end(bridge: Running) -> None:
    made = [await bridge.pipeline(name=f"p{number}") for number in range(5)]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = await bridge.get("/pipelines", project_id=PROJECT, **params)
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == made


async def test_back_tests_over_the_limit_are_postponed(bridge: Running) -> None:
    rule = await bridge.rule(await bridge.pipeline())
    async with bridge.services.back_tests, bridge.services.back_tests:
        answer = await bridge.client.post(f"{PREFIX}/rules/{rule}/back-test", json={})
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
    bridge.services.back_tested.add(PROJECT)  # one of this project runs: it must not take the second slot as well
    answer = await bridge.client.post(f"{PREFIX}/rules/{rule}/back-test", json={})
    assert answer.status_code == 503
    bridge.services.back_tested.clear()
    assert (await bridge.post(f"/rules/{rule}/back-test", {}, 200))["logs_read"] == 0


async def test_runs_first_seen_in_the_same_millisecond_are_all_listed(bridge: Running) -> None:
    stored = bridge.resources.database["ci_runs"]
    run = {"project_id": PROJECT, "repository": "a/b", "status": "queued", "service_id": "s", "order": 10}
    moments = [NOW, NOW, NOW, NOW, NOW + timedelta(seconds=1)]
    rows = [{**run, "run_id": str(number), "first_seen_at": at} for number, at in enumerate(moments)]
    await stored.insert_many(rows)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await bridge.get("/runs", project_id=PROJECT, limit=2, **cursor)
        seen += [item["run_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == ["4", "3", "2", "1", "0"]


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "1e5-1",
        "9" * 30,
        "-1",
        "2026-11-23",
        encode_cursor(2**60, "1"),
        encode_cursor("1", 1),
        encode_cursor(-1, "x"),
    ],
)
async def test_a_forged_cursor_is_rejected_or_harmless(bridge: Running, cursor: str) -> None:
    params = {"project_id": PROJECT, "cursor": cursor}
    answer = await bridge.client.get(f"{PREFIX}/runs", params=params)
    assert answer.status_code in {200, 422}, answer.text


async def test_the_number_of_records_in_a_project_is_limited(
    bridge: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("logloop_ci_bridge.record_store.MAX_IN_PROJECT", 2)
    for _ in range(2):
        await bridge.pipeline()
    body = {"project_id": PROJECT, "name": "third", "service_id": "s", "repository": "a/b"}
    refused = await bridge.post("/pipelines", body, 409)
    assert "a project may have 2 pipelines" in refused["detail"]


async def test_what_a_rule_uses_cannot_be_deleted(bridge: Running) -> None:
    pipeline = await bridge.pipeline()
    rule = await bridge.rule(pipeline, name="user")
    refused = await bridge.client.delete(f"{PREFIX}/pipelines/{pipeline}")
    assert (refused.status_code, "user" in refused.json()["detail"]) == (409, True)
    assert (await bridge.client.delete(f"{PREFIX}/rules/{rule}")).status_code == 204
    assert (await bridge.client.delete(f"{PREFIX}/pipelines/{pipeline}")).status_code == 204


async def test_an_invalid_rule_is_rejected_when_saved_and_explained_when_checked(bridge: Running) -> None:
    body = {
        "project_id": PROJECT,
        "name": "bad",
        "condition": 'log.sevrity == "error"',
        "action": {"pipeline_id": await bridge.pipeline()},
    }
    refused = await bridge.client.post(f"{PREFIX}/rules", json=body)
    assert refused.status_code == 422
    assert "undeclared reference to 'log.sevrity'" in refused.json()["detail"]
    check = await bridge.post("/rules/check", {**body, "action": {"pipeline_id": "nope"}}, 200)
    assert not check["valid"]
    good = {**body, "condition": 'log.severity == "error" && log.attributes.http.status >= 500 && stats.count > 2'}
    check = await bridge.post("/rules/check", good, 200)
    assert check["valid"]
    assert check["prefilter"] == [
        'log.severity == "error"',
        "attributes mention 'http'",
        "attributes mention 'status'",
    ]
    assert await bridge.items("/rules") == []


async def test_a_changed_rule_applies_at_once(bridge: Running) -> None:
    pipeline = await bridge.pipeline()
    rule = await bridge.rule(pipeline, condition='log.message == "never"', name="r")
    body = {"name": "r", "condition": 'log.message == "now"', "action": {"pipeline_id": pipeline}}
    assert (await bridge.client.put(f"{PREFIX}/rules/{rule}", json=body)).status_code == 200
    await publish_logs(bridge.amqp_url, entries("now"))
    await wait_until(lambda: bridge.heard.of_type("dispatched"))


async def test_a_back_test_shows_when_the_rule_would_have_fired(bridge: Running, query: FakeQuery) -> None:
    rule = await bridge.rule(
        await bridge.pipeline(),
        condition='log.message.contains("boom") && stats.count >= 3',
        window="1m",
        cooldown="5m",
        filter={"severities": ["error"], "services": ["checkout"]},
    )
    query.logs = [
        {**entry.model_dump(mode="json"), "id": f"log-{number}"}
        for number, entry in enumerate(
            entry
            for minute in (0, 2, 30)
            for second in range(4)
            for entry in entries("boom", at=NOW + timedelta(minutes=minute, seconds=second))
        )
    ]
    found = await bridge.post(f"/rules/{rule}/back-test", {"since": "2h"}, 200)
    assert (found["logs_read"], found["matched"]) == (12, 12)
    assert [fired["log_id"] for fired in found["would_fire"]] == ["log-2", "log-10"]
    assert found["blocked"] == {"cooldown": 2}
    [(_, params)] = query.requests
    assert params["q"] == 'severity:("error") AND service:("checkout")'
    assert (params["since"], params["order"]) == ("2h", "asc")
    stored = await bridge.get(f"/rules/{rule}")
    kept = {"id", "project_id", "revision", "created_at", "updated_at", "source"}
    draft = {name: value for name, value in stored.items() if name not in kept}
    body = {"project_id": PROJECT, "since": "2h", "rule": draft}
    assert await bridge.post("/rules/back-test", body, 200) == found, "a rule need not be stored"
    assert await bridge.items("/dispatches") == []


async def _call(bridge: Running, token: str, method: str, path: str, body: Any = None) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    answer = await bridge.client.request(method, f"{PREFIX}{path}", json=body, headers=headers)
    return answer.status_code


async def test_rights_are_checked_in_each_project(emptied_amqp_url: str, mongo_url: str, query: FakeQuery) -> None:
    configured = settings(emptied_amqp_url, mongo_url, query.url, "http://127.0.0.1:1", no_auth=False)
    async with running(configured, fresh_database()) as bridge:
        keys = bridge.resources.database["api_keys"]
        digest = KeyHasher(SECRET_KEY).hash("s" * 32)
        for key_id, scope, project in (("reader0001", "read", PROJECT), ("ingest0001", "ingest", PROJECT)):
            await keys.insert_one({"_id": key_id, "hash": digest, "scopes": [scope], "project_id": project})
        reader, ingester = (f"llk_{key_id}_{'s' * 32}" for key_id in ("reader0001", "ingest0001"))
        own = issue_service_token(SECRET_KEY, "query", PROJECT)
        foreign = issue_service_token(SECRET_KEY, "query", "other")
        pipeline = {"project_id": PROJECT, "name": "p", "service_id": "s", "repository": "a/b"}

        assert await _call(bridge, own, "POST", "/pipelines", pipeline) == 201
        [made] = (
            await bridge.client.get(
                f"{PREFIX}/pipelines", params={"project_id": PROJECT}, headers={"X-API-Key": reader}
            )
        ).json()["items"]
        path = f"/pipelines/{made['id']}"
        assert await _call(bridge, reader, "GET", path) == 200
        assert await _call(bridge, reader, "DELETE", path) == 403
        assert await _call(bridge, reader, "POST", "/pipelines", pipeline) == 403
        assert await _call(bridge, ingester, "GET", path) == 403
        assert await _call(bridge, foreign, "GET", path) == 404
        assert await _call(bridge, foreign, "GET", f"/rules?project_id={PROJECT}") == 404
        assert await _call(bridge, "llk_nobody0001_x", "GET", path) == 401
        for path in ("/templates", "/pipelines", "/rules", "/dispatches", "/runs"):
            answer: httpx.Response = await bridge.client.get(f"{PREFIX}{path}", params={"project_id": PROJECT})
            assert answer.status_code == 401
        assert await _call(bridge, own, "POST", "/pipelines", {**pipeline, "project_id": "gone"}) == 404


async def test_every_save_of_a_template_is_a_version_that_can_be_compared(bridge: Running) -> None:
    fields = [{"name": "count", "type": "integer"}]
    body = {"project_id": PROJECT, "name": "v", "event_type": "a.b", "fields": fields}
    template = (await bridge.post("/templates", body))["id"]
    pipeline = await bridge.pipeline(name="user", template_id=template)
    rule = await bridge.rule(pipeline, action={"pipeline_id": pipeline, "template_id": template})
    changes: list[dict[str, Any]] = [{"description": "counts"}, {"fields": []}]
    for change in changes:
        draft = {"name": "v", "event_type": "a.b", "fields": fields, **change}
        answer = await bridge.client.put(f"{PREFIX}/templates/{template}", json=draft)
        assert answer.status_code == 200
    found = await bridge.get(f"/templates/{template}/versions")
    assert [(item["version"], item["description"]) for item in found["items"]] == [(3, ""), (2, "counts"), (1, "")]
    assert ([user["id"] for user in found["rules"]], found["pipelines"][0]["name"]) == ([rule], "user")
    last = await bridge.get(f"/templates/{template}/diff")
    assert (last["before"], last["after"], last["breaking"]) == (2, 3, True)
    assert [(change["kind"], change["what"]) for change in last["changes"]] == [
        ("changed", "description"),
        ("removed", "fields.count"),
    ]
    assert (await bridge.get(f"/templates/{template}/diff", before=1, after=2))["breaking"] is False
    missing = await bridge.client.get(f"{PREFIX}/templates/{template}/diff", params={"before": 9})
    assert missing.status_code == 404
    assert "its versions are: 1, 2, 3" in missing.json()["detail"]
