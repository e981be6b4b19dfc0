"""Workflow files become rules: sent by a person, or read from GitHub, and kept in step with the files."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from logloop_chassis.testing import wait_until

from tests.fakes.github import FakeGitHub
from tests.fakes.github_messages import FakeJob, webhook_request
from tests.infra import fresh_database
from tests.real.ci_bridge.bridge_app import (
    PREFIX,
    PROJECT,
    REPOSITORY,
    WEBHOOK_SECRET,
    FakeQuery,
    Running,
    entries,
    publish_logs,
    running,
    settings,
)

FOLDER = ".github/workflows/"
DIAGNOSE = """\
on: {repository_dispatch: {types: [logloop.checkout]}}
env:
  LOGLOOP_WHEN: log.severity == "error" && stats.count >= 2
  LOGLOOP_WINDOW: 10m
  LOGLOOP_ON_RESULT: |
    - when: run.conclusion == "failure"
      do: {dispatch: logloop.repair}
jobs: {}
"""
REPAIR = "on: {repository_dispatch: {types: [logloop.repair]}}\njobs: {}\n"


async def send(bridge: Running, files: dict[str, str], *, status: int = 200, check: bool = False) -> dict[str, Any]:
    """Send the workflow files of the repository, or check them."""
    body = {
        "project_id": PROJECT,
        "repository": REPOSITORY,
        "files": [{"path": FOLDER + name, "text": text} for name, text in files.items()],
    }
    path = f"{PREFIX}/workflows"
    if check:
        answer = await bridge.client.post(f"{path}/check", json=body)
    else:
        answer = await bridge.client.put(path, json={**body, "commit": "c1"})
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def rules(bridge: Running) -> dict[str, dict[str, Any]]:
    """The rules by the part of the file that states them."""
    return {item["source"]["key"]: item for item in await bridge.items("/rules") if item["source"]}


async def change(bridge: Running, rule: dict[str, Any], **fields: Any) -> httpx.Response:
    """Replace fields of a rule."""
    unwritable = ("id", "project_id", "revision", "created_at", "updated_at", "source")
    body = {name: value for name, value in rule.items() if name not in unwritable}
    return await bridge.client.put(f"{PREFIX}/rules/{rule['id']}", json={**body, **fields})


@pytest.fixture
async def unread(emptied_amqp_url: str, mongo_url: str, github: FakeGitHub) -> AsyncIterator[Running]:
    """A running ci-bridge whose project has no credentials, so that files are sent."""
    with FakeQuery() as empty:
        async with running(settings(emptied_amqp_url, mongo_url, empty.url, github.url), fresh_database()) as started:
            yield started


@pytest.fixture
async def pipelines(unread: Running) -> dict[str, str]:
    """One pipeline for each of the two workflows."""
    return {
        name: await unread.pipeline(name=name, workflow=f"{name}.yml", event_type=event)
        for name, event in (("diagnose", "logloop.checkout"), ("repair", "logloop.repair"))
    }


async def test_sent_files_become_rules_that_only_the_files_change(unread: Running, pipelines: dict[str, str]) -> None:
    files = {"diagnose.yml": DIAGNOSE, "repair.yml": REPAIR}
    planned = await send(unread, files, check=True)
    assert (len(planned["created"]), planned["violations"]) == (2, [])
    assert await unread.items("/rules") == []

    assert (await send(unread, files))["created"] == planned["created"]
    made = await rules(unread)
    own, reaction = made["when"], made["on_result.0"]
    assert (own["on"], own["window"], own["enabled"]) == ("logs", "10m", True)
    assert own["action"]["pipeline_id"] == pipelines["diagnose"]
    assert own["source"] == {
        "origin": "upload",
        "repository": REPOSITORY,
        "path": FOLDER + "diagnose.yml",
        "commit": "c1",
        "key": "when",
        "line": 3,
        "column": 17,
    }
    assert (reaction["on"], reaction["filter"]["pipelines"]) == ("run", [pipelines["diagnose"]])
    assert reaction["action"]["pipeline_id"] == pipelines["repair"]

    refused = await change(unread, own, condition="true")
    assert refused.status_code == 409
    assert "edit it in the file .github/workflows/diagnose.yml:3 in acme/shop" in refused.json()["detail"]
    assert (await unread.client.delete(f"{PREFIX}/rules/{own['id']}")).status_code == 409
    assert (await change(unread, own, enabled=False)).status_code == 200
    assert (await unread.post(f"/rules/{own['id']}/back-test", {}, 200))["logs_read"] == 0

    moved = {**files, "diagnose.yml": "# one more line\n" + DIAGNOSE}
    assert len((await send(unread, moved))["kept"]) == 2
    same = (await rules(unread))["when"]
    assert (same["id"], same["enabled"], same["source"]["line"]) == (own["id"], False, 4)
    assert same["revision"] == own["revision"] + 1, "only the switch changed it, so its window continues"
    wider = {**files, "diagnose.yml": DIAGNOSE.replace("10m", "20m")}
    assert (await send(unread, wider))["changed"] == [own["name"]]
    assert ((await rules(unread))["when"]["window"], (await rules(unread))["when"]["enabled"]) == ("20m", False)

    without = {**files, "diagnose.yml": DIAGNOSE.partition("  LOGLOOP_ON_RESULT")[0] + "jobs: {}\n"}
    assert (await send(unread, without))["removed"] == [reaction["name"]]
    assert (await send(unread, {"repair.yml": REPAIR}))["removed"] == [own["name"]]
    assert await unread.items("/rules") == []
    assert [item["path"] for item in await unread.items("/workflows")] == [FOLDER + "repair.yml"]


async def test_a_bad_file_keeps_its_last_good_rules_and_says_what_is_wrong(
    unread: Running, pipelines: dict[str, str]
) -> None:
    await send(unread, {"diagnose.yml": DIAGNOSE, "repair.yml": REPAIR})
    before = await rules(unread)

    bad = {"diagnose.yml": DIAGNOSE.replace("log.severity", "log.sevrity"), "repair.yml": REPAIR}
    [violation] = (await send(unread, bad))["violations"]

    assert (violation["path"], violation["line"], violation["column"]) == (FOLDER + "diagnose.yml", 3, 20)
    assert await rules(unread) == before
    listed = next(item for item in await unread.items("/workflows") if item["path"].endswith("diagnose.yml"))
    assert listed["violations"] == [violation]
    await send(unread, {"diagnose.yml": "on: [", "repair.yml": REPAIR})
    assert await rules(unread) == before
    gone = {"diagnose.yml": DIAGNOSE.replace("  LOGLOOP_WHEN", "  OTHER"), "repair.yml": REPAIR}
    await send(unread, gone)
    assert set(await rules(unread)) == {"on_result.0"}, "a removed condition takes its rule with it"

    await send(unread, {"diagnose.yml": DIAGNOSE, "repair.yml": REPAIR})
    answer = await unread.client.delete(f"{PREFIX}/pipelines/{pipelines['repair']}")
    assert answer.status_code == 204
    assert set(await rules(unread)) == {"when"}
    await unread.pipeline(workflow="repair.yml", event_type="logloop.repair")
    assert set(await rules(unread)) == {"when", "on_result.0"}, "the stored file fits the new pipeline"


MISFITS = (
    ("other.yml", "", "", "no pipeline of the project starts this workflow"),
    ("diagnose.yml", "types: [logloop.checkout]", "types: [other]", "which the workflow does not list"),
    ("diagnose.yml", "logloop.repair", "nothing", "no pipeline of the project sends 'nothing'"),
    ("diagnose.yml", "{dispatch: logloop.repair}", "{pipeline: nobody}", "there is no pipeline 'nobody'"),
    ("diagnose.yml", "{dispatch: logloop.repair}", "{pipeline: diagnose}", "make it fire again"),
    ("diagnose.yml", "jobs: {}", "x: ${{ github.event.client_payload.userr }}", "userr is not a value of a dispatch"),
    ("manual.yml", "repository_dispatch: {types: [logloop.checkout]}", "push", "add `repository_dispatch`"),
    ("manual.yml", "repository_dispatch: {types: [logloop.checkout]}", "workflow_dispatch: {}", "declare the inputs"),
)


async def test_what_does_not_fit_the_project_is_a_violation(unread: Running, pipelines: dict[str, str]) -> None:
    await unread.pipeline(name="manual", mode="workflow_dispatch", workflow="manual.yml")
    template = {"name": "burst", "event_type": "logloop.checkout", "fields": [{"name": "user"}]}
    for name, old, new, words in MISFITS:
        text = DIAGNOSE.replace(old, new) if old else DIAGNOSE
        found = await send(unread, {name: text}, check=True)
        assert words in "; ".join(item["message"] for item in found["violations"]), (name, new, found)
        assert found["created"] == []
    assert pipelines
    await unread.post("/templates", {"project_id": PROJECT, **template})
    uses = DIAGNOSE.replace(
        "jobs: {}", "x: ${{ github.event.client_payload.user }} ${{ github.event.client_payload.link }}"
    )
    [violation] = (await send(unread, {"diagnose.yml": uses}, check=True))["violations"]
    assert "client_payload.link is not a value of the template 'burst'" in violation["message"]
    body = {"project_id": PROJECT, "files": [{"path": "a.yml", "text": uses}]}
    anywhere = await unread.post("/workflows/check", body, 200)
    assert anywhere["violations"] == [{**violation, "path": "a.yml"}], "templates are compared without a repository"


async def test_files_are_read_from_github_at_a_commit_after_a_push_and_when_pipelines_change(
    bridge: Running, github: FakeGitHub
) -> None:
    github.workflow(REPOSITORY, "repair.yml", types=("logloop.repair",))
    github.texts[REPOSITORY] = {"diagnose.yml": DIAGNOSE, "repair.yml": REPAIR, "readme.md": "no workflow"}
    await bridge.pipeline(workflow="diagnose.yml", event_type="logloop.checkout")
    await wait_until(lambda: bridge.items("/workflows"))
    assert await rules(bridge) == {}
    await bridge.pipeline(workflow="repair.yml", event_type="logloop.repair")
    made = await wait_until(lambda: rules(bridge))
    commit = github.head_of(REPOSITORY)
    assert {rule["source"]["commit"] for rule in made.values()} == {commit}
    assert {rule["source"]["origin"] for rule in made.values()} == {"repository"}
    assert all(seen.path.count("..") == 0 for seen in github.seen("contents"))
    assert "push the files instead" in (await send(bridge, {}, status=409))["detail"]

    # The conditions work from end to end: a log starts the one workflow, and its failure starts the other.
    await publish_logs(bridge.amqp_url, entries("timeout 1", "timeout 2"))
    [run] = await wait_until(lambda: list(github.runs.values()))
    assert run.workflow.file == "diagnose.yml"
    github.finish(run, "failure", [FakeJob(conclusion="failure")])
    await wait_until(lambda: {run.workflow.file for run in github.runs.values()} == {"diagnose.yml", "repair.yml"})

    blobs = github.count("blob_content")
    github.texts[REPOSITORY] = {"diagnose.yml": DIAGNOSE.replace("10m", "7m"), "repair.yml": REPAIR}
    url = f"http://t{PREFIX}/webhooks/github"
    for ref, outcome in (("refs/heads/topic", "ignored"), ("refs/heads/main", "accepted")):
        request = webhook_request(url, github.push(REPOSITORY, ref), secret=WEBHOOK_SECRET, event="push")
        assert (await bridge.client.send(request)).json() == {"outcome": outcome}

    async def follows() -> bool:
        return bool((await rules(bridge))["when"]["window"] == "7m")

    await wait_until(follows)
    assert github.count("blob_content") == blobs + 1, "only the changed file is fetched again"


async def test_a_repository_that_cannot_be_read_keeps_its_rules_and_is_reported(
    emptied_amqp_url: str, mongo_url: str, query: FakeQuery, github: FakeGitHub
) -> None:
    github.texts[REPOSITORY] = {"diagnose.yml": DIAGNOSE.partition("  LOGLOOP_ON_RESULT")[0]}
    configured = settings(emptied_amqp_url, mongo_url, query.url, github.url, ci_workflow_poll=0.3)
    async with running(configured, fresh_database()) as bridge:
        await bridge.pipeline(workflow="diagnose.yml")
        before = await wait_until(lambda: rules(bridge))
        github.token = "revoked"

        async def reported() -> str | None:
            states = (await bridge.get("/workflows", project_id=PROJECT))["repositories"]
            return next((str(state["error"]) for state in states if state["error"]), None)

        assert "Bad credentials" in str(await wait_until(reported))
        assert await rules(bridge) == before
        github.token = "ghp_fake"
        github.texts[REPOSITORY] = {}
        await wait_until(lambda: _is_empty(bridge))


async def _is_empty(bridge: Running) -> bool:
    return await rules(bridge) == {}


ON_OUTPUT = """\
on: {repository_dispatch: {types: [logloop.checkout]}}
env:
  LOGLOOP_ON_RESULT: |
    - when: step.exit_code == 137 && out.lines.exists(line, line.text.matches("OOM|Killed"))
      do: {dispatch: logloop.repair}
    - when: out.tests.failed.exists(test, test.contains("refund"))
      do: {dispatch: logloop.repair}
jobs: {}
"""
PRINTED = """\
##[group]Run make test
FAILED tests/test_pay.py::test_card
src/a.c:3:7: error: unknown type
##[add-matcher].github/odd.json
##[add-matcher]/home/runner/work/shop/shop/.github/missing.json
##[add-matcher]/home/runner/work/_actions/x/y/v1/other.json
odd: spelling
OOMKilled
##[error]Process completed with exit code 137."""


async def test_a_result_starts_what_its_output_asks_for_after_the_same_was_tried_without_starting_anything(
    bridge: Running, github: FakeGitHub
) -> None:
    github.workflow(REPOSITORY, "repair.yml", types=("logloop.repair",))
    diagnose = await bridge.pipeline(workflow="diagnose.yml", event_type="logloop.checkout")
    await bridge.pipeline(workflow="repair.yml", event_type="logloop.repair")
    step = {"name": "Test", "number": 1, "status": "completed", "conclusion": "failure"}
    job = FakeJob(conclusion="failure", log=PRINTED, steps=[step])

    async def failed() -> str:
        """Start the workflow and let it fail; the id of its run."""
        body = {"project_id": PROJECT, "pipeline_id": diagnose}
        sent = (await bridge.post("/dispatches", body, 202))["id"]
        [run] = await wait_until(lambda: [item for item in github.runs.values() if item.status == "queued"])
        github.finish(run, "failure", [job])

        async def collected() -> bool:
            [found] = await bridge.items("/runs", dispatch_id=sent) or [{"logs": "none"}]
            return bool(found["logs"] == "collected")

        await wait_until(collected)
        return str(run.id)

    pattern = {"regexp": r"^(.+?):(\d+):\d+: error: (.*)$", "file": 1, "line": 2, "message": 3}
    matcher = {"name": "gcc", "problemMatcher": [{"owner": "gcc", "pattern": [pattern]}]}
    assert (await bridge.post("/matchers", {"project_id": PROJECT, **matcher}))["problemMatcher"][0]["owner"] == "gcc"
    odd = {"owner": "odd", "severity": "warning", "pattern": [{"regexp": "^odd: (.*)$", "message": 1}]}
    github.files[REPOSITORY] = {".github/odd.json": json.dumps({"problemMatcher": [odd]})}
    first = await failed()
    file = {"path": FOLDER + "diagnose.yml", "text": ON_OUTPUT}
    tried = await bridge.post(f"/runs/{first}/evaluate?project_id={PROJECT}", {"file": file}, 200)
    assert tried["same_workflow"]
    assert [(item["key"], item["line"], item["holds"], item["gate"]) for item in tried["conditions"]] == [
        ("on_result.0", 4, True, None),
        ("on_result.1", 6, False, None),
    ]
    assert tried["conditions"][0]["starts"] == "logloop.repair"
    assert tried["conditions"][0]["parts"][0]["values"] == {"step.exit_code": 137}
    assert tried["conditions"][1]["parts"][0]["values"] == {"out.tests.failed": ["tests/test_pay.py::test_card"]}
    rule = {"name": "r", "on": "run", "condition": "step.exit_code > 100", "action": {"pipeline_id": diagnose}}
    alone = await bridge.post(f"/runs/{first}/evaluate?project_id={PROJECT}", {"rule": rule}, 200)
    assert [(item["holds"], item["starts"]) for item in alone["conditions"]] == [(True, diagnose)]
    for wrong in ({}, {"rule": {**rule, "on": "logs"}}, {"rule": {**rule, "condition": "step.code > 1"}}):
        await bridge.post(f"/runs/{first}/evaluate?project_id={PROJECT}", wrong, 422)
    output = await bridge.get(f"/runs/{first}/output", project_id=PROJECT)
    assert [step["exit_code"] for step in output["steps"]] == [137]
    annotation, other = output["annotations"]
    assert (other["source"], other["level"], other["message"]) == ("odd", "warning", "spelling")
    read = [seen.path.partition("/contents/")[2] for seen in github.seen("contents")]
    assert [path for path in read if path.endswith(".json")] == [".github/odd.json", ".github/missing.json"]
    assert (annotation["source"], annotation["path"], annotation["line"]) == ("gcc", "src/a.c", 3)
    tried_out = await bridge.post("/matchers/try", {"run_id": first, "project_id": PROJECT, "matcher": matcher}, 200)
    assert tried_out["items"] == [annotation]
    assert github.count("dispatch") == 1, "nothing was started"

    github.texts[REPOSITORY] = {"diagnose.yml": ON_OUTPUT, "repair.yml": REPAIR}
    push = webhook_request(
        f"http://t{PREFIX}/webhooks/github",
        github.push(REPOSITORY, "refs/heads/main"),
        secret=WEBHOOK_SECRET,
        event="push",
    )
    assert (await bridge.client.send(push)).json() == {"outcome": "accepted"}
    made = await wait_until(lambda: rules(bridge))
    second = await failed()
    started = await wait_until(
        lambda: next((run for run in github.runs.values() if run.workflow.file == "repair.yml"), None)
    )
    assert started is not None
    [repair] = [item for item in await bridge.items("/dispatches") if item["event_type"] == "logloop.repair"]
    assert (repair["cause"], repair["hop"]) == ([f"{second}.1"], 1)
    assert repair["rule_id"] == made["on_result.0"]["id"]
    assert repair["reason"]["clauses"][0]["values"] == {"step.exit_code": 137}
    assert repair["reason"]["clauses"][1]["values"] == {"out.lines": "9 items"}
