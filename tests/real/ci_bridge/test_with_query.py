"""ci-bridge with the real ingest and query: credentials, back-tests and the output of runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from tests.fakes.github import FakeGitHub
from tests.fakes.github_messages import FakeJob
from tests.infra import Infra, fresh_database
from tests.system.platform import Platform, wait_for

REPOSITORY = "acme/shop"


def _log(lines: int) -> str:
    began = datetime.now(UTC)
    stamps = ((began + timedelta(milliseconds=number)).isoformat()[:26] for number in range(lines))
    return "\n".join(
        f"{stamp}0Z {'##[error]' if number == 7 else ''}line {number}" for number, stamp in enumerate(stamps)
    )


@dataclass
class Whole:
    """A platform with a project that uses the fake GitHub."""

    platform: Platform
    github: FakeGitHub
    database: str

    def ci(self, method: str, path: str, body: Any = None, **params: Any) -> dict[str, Any]:
        """Call ci-bridge."""
        with self.platform.client("ci-bridge") as client:
            answer = client.request(method, f"/api/v1/ci{path}", json=body, params=params)
            assert answer.is_success, answer.text
            found: dict[str, Any] = answer.json()
            return found


@pytest.fixture(scope="module")
def whole(infra: Infra, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    vhost = infra.fresh_vhost()
    folder: Path = tmp_path_factory.mktemp("ci")
    database = fresh_database()
    services = ["query", "ingest", "ci-bridge"]
    with (
        FakeGitHub() as github,
        Platform(
            vhost, infra.mongo_url, database, folder, services=services, env={"LOGLOOP_CI_POLL": "0.3"}
        ) as platform,
    ):
        github.workflow(REPOSITORY, "diagnose.yml", types=("logloop.checkout",))
        with platform.client("query") as client:
            answer = client.put(
                "/api/v1/settings/github",
                params={"project_id": platform.project},
                json={"api_url": github.url, "token": github.token},
            )
            assert answer.is_success, answer.text
        yield Whole(platform, github, database)
    infra.delete_vhost(vhost)


def _pipeline(whole: Whole, name: str, project: str | None = None) -> str:
    body = {
        "project_id": project or whole.platform.project,
        "name": name,
        "service_id": "checkout",
        "repository": REPOSITORY,
        "event_type": "logloop.checkout",
    }
    return str(whole.ci("POST", "/pipelines", body)["id"])


def _entry(message: str, at: datetime, service: str = "checkout") -> dict[str, Any]:
    stamp = at.isoformat().replace("+00:00", "Z")
    return {"service_id": service, "message": message, "severity": "error", "timestamp": stamp}


def test_a_runs_output_is_read_in_pages_in_the_order_in_which_it_was_printed(whole: Whole) -> None:
    pipeline = _pipeline(whole, "diagnose")
    whole.ci("POST", "/dispatches", {"project_id": whole.platform.project, "pipeline_id": pipeline})
    wait_for(lambda: len(whole.github.runs) == 1, what="the run", timeout_s=30)
    [run] = whole.github.runs.values()
    whole.github.finish(run, "failure", [FakeJob(name="build", conclusion="failure", log=_log(450))])

    def collected() -> bool:
        listed = whole.ci("GET", "/runs", project_id=whole.platform.project)["items"]
        return bool(listed) and listed[0]["logs"] == "collected"

    wait_for(collected, what="the logs of the run", timeout_s=30)

    def stored() -> bool:
        return len(whole.ci("GET", f"/runs/{run.id}/logs", limit=1000)["items"]) == 451

    wait_for(stored, what="the stored lines", timeout_s=30)
    lines: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = whole.ci("GET", f"/runs/{run.id}/logs", limit=200, **cursor)
        lines += [item["message"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert [line for line in lines if line.startswith("line")] == [f"line {number}" for number in range(450)]
    errors = whole.ci("GET", f"/runs/{run.id}/logs", severity="error", job="build")["items"]
    assert {item["message"] for item in errors} >= {"line 7"}


def test_a_back_test_reads_stored_logs(whole: Whole) -> None:
    began = datetime.now(UTC) - timedelta(hours=3)
    rows = [
        _entry(f"boom {minute}", began + timedelta(minutes=minute, seconds=second))
        for minute in (0, 2, 60)
        for second in range(4)
    ]
    rows += [_entry("boom elsewhere", began, service="other")]
    for row in rows:
        row["project_id"] = whole.platform.project
    whole.platform.send(rows).raise_for_status()
    rule = {
        "project_id": whole.platform.project,
        "name": "burst",
        "enabled": False,
        "filter": {"services": ["checkout"], "severities": ["error"]},
        "condition": 'log.message.contains("boom") && stats.count >= 3',
        "window": "1m",
        "cooldown": "5m",
        "action": {"pipeline_id": _pipeline(whole, "burst")},
    }
    rule_id = whole.ci("POST", "/rules", rule)["id"]

    def read() -> bool:
        return bool(whole.ci("POST", f"/rules/{rule_id}/back-test", {"since": "4h"})["logs_read"] >= 12)

    wait_for(read, what="the stored logs", timeout_s=30)
    found = whole.ci("POST", f"/rules/{rule_id}/back-test", {"since": "4h"})
    assert found["matched"] == 12
    assert [datetime.fromisoformat(item["at"]) for item in found["would_fire"]] == [
        began + timedelta(seconds=2),
        began + timedelta(minutes=60, seconds=2),
    ]
    for item in found["would_fire"]:
        with whole.platform.client("query") as client:
            stored: httpx.Response = client.get(f"/api/v1/logs/{item['log_id']}")
        assert stored.json()["message"] == item["message"]


def test_an_invalid_time_is_rejected_with_querys_message(whole: Whole) -> None:
    rule_id = whole.ci("GET", "/rules", project_id=whole.platform.project)["items"][0]["id"]
    with whole.platform.client("ci-bridge") as client:
        answer = client.post(f"/api/v1/ci/rules/{rule_id}/back-test", json={"since": "yesterday-ish"})
    assert answer.status_code == 422
    assert "yesterday-ish" in answer.json()["detail"]


def test_a_project_that_is_deleted_over_http_leaves_no_document_in_ci_bridge(whole: Whole, infra: Infra) -> None:
    doomed = "doomed"
    whole.platform.make_project(doomed)
    pipeline = _pipeline(whole, "doomed pipeline", project=doomed)
    rule = {
        "project_id": doomed,
        "name": "any error",
        "condition": 'log.severity == "error"',
        "action": {"pipeline_id": pipeline},
    }
    whole.ci("POST", "/rules", rule)
    whole.ci("POST", "/templates", {"project_id": doomed, "name": "t", "event_type": "a.b"})
    whole.platform.send([{"project_id": doomed, **_entry("boom", datetime.now(UTC))}]).raise_for_status()

    def recorded() -> bool:
        listed = whole.ci("GET", "/dispatches", project_id=doomed)["items"]
        return [item["state"] for item in listed] == ["recorded"]

    wait_for(recorded, what="the rule to fire", timeout_s=30)
    with MongoClient[dict[str, Any]](infra.mongo_url) as mongo:
        database = mongo[whole.database]
        names = [name for name in database.list_collection_names() if name.startswith("ci_")]

        def kept() -> set[str]:
            return {name for name in names if database[name].find_one({"project_id": doomed})}

        assert {"ci_templates", "ci_pipelines", "ci_rules", "ci_rule_state", "ci_dispatches"} <= kept()
        with whole.platform.client("query") as client:
            assert client.delete(f"/api/v1/projects/{doomed}").status_code == 202
            wait_for(
                lambda: client.get(f"/api/v1/projects/{doomed}").status_code == 404,
                what="the end of the deletion",
                timeout_s=60,
            )
        wait_for(lambda: not kept(), what="the removal in ci-bridge", timeout_s=30)
    assert whole.ci("GET", "/pipelines", project_id=whole.platform.project)["items"]
