"""Chains as a page shows them: from a log over its rule and workflow to the output, and on."""

from typing import Any

from logloop_chassis.testing import wait_until
from logloop_contracts.log_batch import parse_log_id

from tests.fakes.github import FakeGitHub
from tests.fakes.github_messages import FakeJob
from tests.infra import fresh_database
from tests.real.ci_bridge.bridge_app import PROJECT, FakeQuery, Running, entries, publish_logs, running, settings

STEPS = [
    {"number": 1, "name": "Set up job", "status": "completed", "conclusion": "success"},
    {"number": 2, "name": "Probe", "status": "completed", "conclusion": "failure"},
]


def kinds(chain: dict[str, Any]) -> list[tuple[str, str, int]]:
    return [(step["kind"], step["state"], step["hop"]) for step in chain["steps"]]


async def _three_links(bridge: Running, github: FakeGitHub) -> tuple[str, str, str]:
    """Rules of a chain: one on logs, one on the failed run that it starts, one on the output of that run."""
    for name in ("repair", "report"):
        github.workflow("acme/shop", f"{name}.yml", types=(name,))
    diagnose, repair, report = [await bridge.pipeline(event_type=t) for t in ("logloop.checkout", "repair", "report")]
    condition = 'log.severity == "error" && log.attributes.code >= 500 && stats.count > 1'
    first = await bridge.rule(diagnose, name="burst", condition=condition, cooldown="1m", max_hops=2)
    on_run = {"on": "run", "filter": {"pipelines": [diagnose]}, "condition": 'run.conclusion == "failure"'}
    second = await bridge.rule(repair, name="repair", **on_run)
    on_output = {"filter": {"sources": ["github-actions"]}, "condition": 'log.message.contains("boom again")'}
    third = await bridge.rule(report, name="report", **on_output)
    blocked = {**on_output, "max_hops": 0}
    await bridge.rule(report, name="no hops", **blocked)
    return first, second, third


async def test_a_chain_shows_each_cause_what_its_rule_saw_its_run_and_its_output(
    bridge: Running, github: FakeGitHub, query: FakeQuery
) -> None:
    first, second, third = await _three_links(bridge, github)
    await publish_logs(bridge.amqp_url, entries("boom", "boom", attributes={"code": 503}))
    await wait_until(lambda: len(github.runs) == 1)
    job = FakeJob(name="probe", conclusion="failure", log="##[error]boom again", steps=STEPS)
    github.finish(next(iter(github.runs.values())), "failure", [job])
    query.logs = [{"id": "06k3v5e1c8q0g2d7h4n9s5t1vk-7a1c2-3", "message": "a stored log"}]

    async def whole() -> dict[str, Any] | None:
        chains = await bridge.items("/chains")
        linked = [step for chain in chains for step in chain["steps"] if step["kind"] == "run" and step["id"]]
        return chains[0] if len(linked) == 3 else None

    chain = await wait_until(whole)

    assert (chain["rule_id"], chain["rule_name"], chain["dispatches"], chain["state"]) == (
        first,
        "burst",
        3,
        "active",
    )
    assert (chain["cause"]["kind"], chain["cause"]["log"]) == ("log", None)
    assert parse_log_id(chain["cause"]["id"])
    assert kinds(chain)[:5] == [
        ("cause", "done", 0),
        ("rule", "done", 0),
        ("dispatch", "done", 0),
        ("run", "failed", 0),
        ("output", "done", 0),
    ]
    assert [hop for _, _, hop in kinds(chain)[5:]] == [1] * 10

    details = await wait_until(lambda: _with_blocked(bridge, chain["id"]))
    links = {link["dispatch"]["rule_id"]: link for link in details["links"]}
    assert {name: details[name] for name in ("id", "state", "dispatches")} == {
        "id": chain["id"],
        "state": "active",
        "dispatches": 3,
    }
    assert [link["parent_id"] for link in details["links"]] == [None, chain["id"], chain["id"]]
    assert [links[rule]["cause"]["kind"] for rule in (first, second, third)] == ["log", "run", "log"]
    assert links[second]["cause"]["id"] == links[first]["run"]["run_id"]
    assert details["cause"]["log"]["message"] == "a stored log"
    _check_reason(links[first]["dispatch"]["reason"])
    [probe] = links[first]["run"]["jobs"]
    assert (probe["name"], probe["conclusion"]) == ("probe", "failure")
    assert [(step["name"], step["conclusion"]) for step in probe["steps"]] == [
        ("Set up job", "success"),
        ("Probe", "failure"),
    ]
    output = links[first]["output"]
    assert (output["count"] > 0, output["first"]) == (True, query.logs)
    assert {(item["rule_name"], item["gate"]) for item in links[first]["blocked"]} == {("no hops", "max_hops")}
    for dispatch in (links[second]["dispatch"], links[third]["dispatch"]):
        assert (dispatch["reason"]["gates"]["hop"], dispatch["chain_id"]) == (1, chain["id"])
        assert (await bridge.get(f"/chains/{dispatch['id']}"))["id"] == chain["id"]
    assert all(run["jobs"] == [] for run in await bridge.items("/runs"))

    for run in list(github.runs.values())[1:]:
        github.finish(run)

    async def ended() -> bool:
        [now] = await bridge.items("/chains")
        return bool(now["state"] == "failed")

    await wait_until(ended)


async def _with_blocked(bridge: Running, chain_id: str) -> dict[str, Any] | None:
    details = await bridge.get(f"/chains/{chain_id}")
    return details if details["links"][0]["blocked"] else None


def _check_reason(reason: dict[str, Any]) -> None:
    assert [(clause["text"], clause["values"]) for clause in reason["clauses"]] == [
        ('log.severity == "error"', {"log.severity": "error"}),
        ("log.attributes.code >= 500", {"log.attributes.code": 503}),
        ("stats.count > 1", {"stats.count": 2}),
    ]
    assert reason["stats"]["stats.count"] == 2
    gates = reason["gates"]
    assert (gates["cooldown"], gates["last_fired_at"], gates["hop"], gates["max_hops"]) == ("1m", None, 0, 2)
    assert (gates["fired_last_hour"], gates["per_hour"], gates["fired_last_day"], gates["per_day"]) == (0, 4, 0, 20)


async def test_a_request_and_a_dry_run_are_chains_of_one(bridge: Running, github: FakeGitHub) -> None:
    pipeline = await bridge.pipeline()
    rule = await bridge.rule(pipeline, dry_run=True)
    await bridge.rule(pipeline, enabled=False)
    await publish_logs(bridge.amqp_url, entries("boom"))
    await wait_until(lambda: bridge.items("/chains"))
    requested = await bridge.post("/dispatches", {"project_id": PROJECT, "pipeline_id": pipeline}, 202)
    await wait_until(lambda: len(github.runs) == 1)
    github.finish(next(iter(github.runs.values())))

    async def ended() -> list[dict[str, Any]]:
        chains = await bridge.items("/chains")
        return chains if chains[0]["state"] == "succeeded" else []

    newest, oldest = await wait_until(ended)
    assert (newest["id"], newest["rule_id"], newest["cause"]["kind"]) == (requested["id"], None, "request")
    assert newest["cause"]["by"]
    assert kinds(newest) == [("dispatch", "done", 0), ("run", "done", 0), ("output", "done", 0)]
    assert (oldest["state"], oldest["rule_id"]) == ("recorded", rule)
    assert kinds(oldest)[2:] == [("dispatch", "none", 0), ("run", "none", 0), ("output", "none", 0)]

    summary = await bridge.get("/summary", project_id=PROJECT)
    assert summary == {
        "project_id": PROJECT,
        "paused": False,
        "pipelines": 1,
        "templates": 0,
        "rules": {"total": 2, "enabled": 1},
        "receivers": 0,
        "workflow_files": 0,
        "approvals_waiting": 0,
        "chains": 2,
        "dispatches": {"total": 2, "by_state": {"recorded": 1, "sent": 1}},
        "runs": {"total": 1, "by_state": {"completed": 1}, "by_conclusion": {"success": 1}},
        "notifications": {"by_state": {}, "total": 0},
    }
    page = await bridge.get("/chains", project_id=PROJECT, limit=1)
    rest = await bridge.items("/chains", limit=1, cursor=page["next_cursor"])
    assert [page["items"][0]["id"], rest[0]["id"]] == [newest["id"], oldest["id"]]
    assert [chain["id"] for chain in await bridge.items("/chains", rule_id=rule)] == [oldest["id"]]


async def test_without_query_a_chain_lacks_its_logs_and_says_why(
    bridge: Running, github: FakeGitHub, query: FakeQuery
) -> None:
    await bridge.rule(await bridge.pipeline())
    await publish_logs(bridge.amqp_url, entries("boom"))
    await wait_until(lambda: len(github.runs) == 1)
    github.finish(next(iter(github.runs.values())))

    async def ended() -> dict[str, Any] | None:
        [chain] = await bridge.items("/chains")
        return chain if chain["state"] == "succeeded" else None

    chain = await wait_until(ended)
    query.logs_unavailable = True

    [link] = (await bridge.get(f"/chains/{chain['id']}"))["links"]

    assert link["cause"]["log"] is None
    assert (link["output"]["count"] > 0, link["output"]["first"]) == (True, [])
    assert link["output"]["detail"]


async def test_a_log_cannot_join_a_chain_of_another_project(bridge: Running) -> None:
    """Any program may write `ci.*` attributes; they count within the project of the log only."""
    pipeline = await bridge.pipeline()
    foreign = await bridge.post("/dispatches", {"project_id": PROJECT, "pipeline_id": pipeline}, 202)
    dispatches = bridge.resources.database["ci_dispatches"]
    await dispatches.update_one({"_id": foreign["id"]}, {"$set": {"project_id": "other"}})
    rule = await bridge.rule(pipeline, max_hops=5)
    forged = {"ci.hop": 0, "ci.correlation_id": foreign["correlation_id"]}

    await publish_logs(bridge.amqp_url, entries("boom", attributes=forged))

    [chain] = await wait_until(lambda: bridge.items("/chains"))
    assert (chain["rule_id"], chain["dispatches"]) == (rule, 1)
    assert await dispatches.count_documents({"_id": chain["id"], "parent_id": None}) == 1


async def test_dispatches_that_were_stored_without_a_chain_begin_one(
    bridge: Running, emptied_amqp_url: str, mongo_url: str, query: FakeQuery, github: FakeGitHub
) -> None:
    old = await bridge.post("/dispatches", {"project_id": PROJECT, "pipeline_id": await bridge.pipeline()}, 202)
    document = await bridge.resources.database["ci_dispatches"].find_one({"_id": old["id"]})
    assert document is not None
    name = fresh_database()
    earlier = {key: value for key, value in document.items() if key not in {"chain_id", "parent_id", "reason"}}
    await bridge.resources.mongo[name]["ci_dispatches"].insert_one({**earlier, "state": "recorded"})

    async with running(settings(emptied_amqp_url, mongo_url, query.url, github.url), name) as updated:
        [chain] = await updated.items("/chains")

    assert (chain["id"], chain["dispatches"]) == (old["id"], 1)
