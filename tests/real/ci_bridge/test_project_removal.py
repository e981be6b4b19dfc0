"""The data of a deleted project is removed from ci-bridge, and nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Any

from logloop_chassis.messaging.publisher import Publisher
from logloop_chassis.testing import wait_until
from logloop_contracts.channels import PROJECT_DELETED
from logloop_contracts.records import ProjectDeleted

from tests.fakes.github import FakeGitHub
from tests.fakes.github_messages import FakeJob, webhook_request
from tests.real.ci_bridge.bridge_app import (
    PROJECT,
    REPOSITORY,
    WEBHOOK_SECRET,
    FakeQuery,
    Running,
    entries,
    publish_logs,
)

TEMPLATE = {"name": "Burst", "event_type": "a.b", "fields": [{"name": "n", "type": "integer"}]}
MATCHER = {"name": "all", "problemMatcher": [{"owner": "o", "pattern": [{"regexp": "(.+)", "message": 1}]}]}
HOOK = "http://t/api/v1/ci/webhooks/github"
KEPT = {
    "ci_templates",
    "ci_pipelines",
    "ci_rules",
    "ci_rule_state",
    "ci_rule_history",
    "ci_dispatches",
    "ci_runs",
    "ci_run_outputs",
    "ci_matchers",
    "ci_deliveries",
    "ci_repositories",
    "ci_workflow_files",
}


async def _kept_of(bridge: Running, project: str) -> set[str]:
    """Collections of ci-bridge with documents of a project."""
    database = bridge.resources.database
    names = [name for name in await database.list_collection_names() if name.startswith("ci_")]
    mine = {"$or": [{"project_id": project}, {"_id": {"$regex": f"^{project}/"}}]}
    return {name for name in names if await database[name].find_one(mine) is not None}


async def _publish_deleted(bridge: Running, at: datetime, project: str = PROJECT) -> None:
    publisher: Publisher = bridge.resources.publisher
    fact = ProjectDeleted(project_id=project, deleted_at=at)
    await publisher.publish_event(PROJECT_DELETED, fact, project_id=project)


async def _processed_in_order(bridge: Running) -> None:
    """Wait until all earlier messages are processed: the queue is processed in order."""
    await bridge.resources.database["projects"].update_one({"_id": "marker"}, {"$set": {"name": "x"}}, upsert=True)
    await bridge.post("/templates", {"project_id": "marker", **TEMPLATE})
    await _publish_deleted(bridge, datetime.now(UTC), "marker")

    async def gone() -> bool:
        return "ci_templates" not in await _kept_of(bridge, "marker")

    await wait_until(gone)


async def _use_everything(bridge: Running, github: FakeGitHub) -> str:
    """Create a document of the project in every collection; return the pipeline's id."""
    github.texts[REPOSITORY] = {"ci.yml": "on: push\n"}
    await bridge.post("/templates", {"project_id": PROJECT, **TEMPLATE})
    await bridge.post("/matchers", {"project_id": PROJECT, **MATCHER})
    pipeline = await bridge.pipeline()
    await bridge.rule(pipeline)
    await publish_logs(bridge.amqp_url, entries("boom"))
    await wait_until(lambda: bridge.heard.of_type("dispatched"))
    [run] = github.runs.values()
    github.finish(run, jobs=[FakeJob(log="one")])
    request = webhook_request(HOOK, github.webhook(run), secret=WEBHOOK_SECRET, delivery="d-1")
    assert (await bridge.client.send(request)).status_code == 202
    await wait_until(lambda: bridge.heard.of_type("run-completed"))

    async def everywhere() -> bool:
        await bridge.services.evaluations.flush()
        return await _kept_of(bridge, PROJECT) == KEPT

    await wait_until(everywhere)
    return pipeline


async def test_a_deleted_project_leaves_no_document_and_other_projects_stay(
    bridge: Running, github: FakeGitHub
) -> None:
    await _use_everything(bridge, github)
    database = bridge.resources.database
    await database["projects"].insert_one({"_id": f"{PROJECT}-2", "name": "Other"})
    await bridge.post("/templates", {"project_id": f"{PROJECT}-2", **TEMPLATE})
    await bridge.services.stores.runs.delivery_done("d-1", f"{PROJECT}-2", "workflow_run")
    for _ in range(2):
        await _publish_deleted(bridge, datetime.now(UTC))

    async def gone() -> bool:
        return not await _kept_of(bridge, PROJECT)

    await wait_until(gone)
    await _processed_in_order(bridge)
    assert await _kept_of(bridge, f"{PROJECT}-2") == {"ci_templates", "ci_deliveries"}


async def test_a_late_event_spares_a_new_project_of_the_same_id(bridge: Running, github: FakeGitHub) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    await _use_everything(bridge, github)
    await _publish_deleted(bridge, long_ago)
    await _processed_in_order(bridge)
    assert await _kept_of(bridge, PROJECT) == KEPT


async def test_a_waiting_dispatch_is_not_sent_after_its_project_is_deleted(
    bridge: Running, query: FakeQuery, github: FakeGitHub
) -> None:
    query.unavailable = True
    body = {"project_id": PROJECT, "pipeline_id": await bridge.pipeline()}
    dispatch: dict[str, Any] = await bridge.post("/dispatches", body, 202)
    await _publish_deleted(bridge, datetime.now(UTC))

    async def gone() -> bool:
        return (await bridge.client.get(f"/api/v1/ci/dispatches/{dispatch['id']}")).status_code == 404

    await wait_until(gone)
    query.unavailable = False
    await bridge.services.dispatcher.step()
    assert github.count("dispatch") == 0


async def test_a_rule_that_is_still_cached_does_not_fire_after_its_deletion(
    bridge: Running, github: FakeGitHub
) -> None:
    """The cache of this process may be seconds old; here the rule is deleted in the database."""
    await bridge.rule(await bridge.pipeline())
    bridge.services.active_rules._fresh_s = 3600.0
    await publish_logs(bridge.amqp_url, entries("fine", severity="info"))
    cached = bridge.services.active_rules

    async def known() -> bool:
        return bool(cached._active.get(PROJECT))

    await wait_until(known)
    database = bridge.resources.database
    rule_id = next(iter(cached._active[PROJECT]))
    await database["ci_rules"].delete_one({"_id": rule_id})
    await publish_logs(bridge.amqp_url, entries("boom"))
    await wait_until(lambda: cached._active[PROJECT][rule_id].matched == 1)
    await publish_logs(bridge.amqp_url, entries("fine", severity="info"))
    await wait_until(lambda: cached._active[PROJECT][rule_id].evaluated == 3)
    await bridge.services.evaluations.flush()
    assert await bridge.items("/dispatches") == []
    assert await database["ci_rule_state"].find_one({"_id": rule_id}) is None
    assert github.count("dispatch") == 0
