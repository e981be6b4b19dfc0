"""The fake responds as GitHub's OpenAPI description says, and enforces rules that are documented only in prose."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from logloop.plain_http import WITHOUT_TLS

from tests.fakes.github import FakeGitHub
from tests.fakes.github_apps import FakeInstallation
from tests.fakes.github_messages import SPEC, FakeJob, operation_of, validator

HEADERS = {
    "Authorization": "Bearer ghp_fake",
    "Accept": "application/json",
    "X-GitHub-Api-Version": "2022-11-28",
    "User-Agent": "test",
}
BASE = "/repos/{owner}/{repo}"


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub() as started:
        started.workflow("acme/shop", "diagnose.yml", types=("x",), inputs=("n",))
        yield started


@pytest.fixture
def client(fake: FakeGitHub) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=fake.url, headers=HEADERS, trust_env=False, verify=WITHOUT_TLS) as opened:
        yield opened


def _fits(answer: httpx.Response, method: str, template: str) -> Any:
    response = operation_of(method, template)["responses"][str(answer.status_code)]
    if "$ref" in response:
        response = SPEC["components"]["responses"][response["$ref"].rpartition("/")[2]]
    content = response.get("content")
    if content is None:
        assert answer.content == b""
        return None
    body = answer.json()
    errors = list(validator(content["application/json"]["schema"]).iter_errors(body))
    assert errors == []
    return body


def _files_fit(fake: FakeGitHub, client: httpx.Client) -> None:
    fake.texts["acme/shop"] = {"diagnose.yml": "on: push\n" * 20}
    assert _fits(client.get("/repos/acme/shop"), "get", BASE)["default_branch"] == "main"
    commit = _fits(client.get("/repos/acme/shop/commits/main"), "get", f"{BASE}/commits/{{ref}}")["sha"]
    contents = client.get("/repos/acme/shop/contents/.github/workflows", params={"ref": commit})
    schema = {"$ref": "#/components/schemas/content-directory"}
    assert list(validator(schema).iter_errors(contents.json())) == []
    [entry] = contents.json()
    blob = _fits(client.get(f"/repos/acme/shop/git/blobs/{entry['sha']}"), "get", f"{BASE}/git/blobs/{{file_sha}}")
    assert "on: push" in base64.b64decode(blob["content"]).decode()


def test_answers_fit_githubs_description(fake: FakeGitHub, client: httpx.Client) -> None:
    dispatched = client.post("/repos/acme/shop/dispatches", json={"event_type": "x", "client_payload": {"a": 1}})
    assert dispatched.status_code == 204
    _fits(dispatched, "post", f"{BASE}/dispatches")
    path = "/repos/acme/shop/actions/workflows/diagnose.yml"
    started = client.post(f"{path}/dispatches", json={"ref": "main", "return_run_details": True})
    details = _fits(started, "post", f"{BASE}/actions/workflows/{{workflow_id}}/dispatches")
    run = fake.runs[details["workflow_run_id"]]
    remark = {"path": "a.py", "message": "m", "start_line": 1}
    fake.finish(run, "failure", [FakeJob(log="text", annotations=[remark])])

    listed = _fits(client.get("/repos/acme/shop/actions/runs"), "get", f"{BASE}/actions/runs")
    assert listed["total_count"] == 2
    _fits(client.get(f"{path}/runs"), "get", f"{BASE}/actions/workflows/{{workflow_id}}/runs")
    _fits(client.get(f"/repos/acme/shop/actions/runs/{run.id}"), "get", f"{BASE}/actions/runs/{{run_id}}")
    jobs = _fits(
        client.get(f"/repos/acme/shop/actions/runs/{run.id}/attempts/1/jobs"),
        "get",
        f"{BASE}/actions/runs/{{run_id}}/attempts/{{attempt_number}}/jobs",
    )
    job = jobs["jobs"][0]["id"]
    found = _fits(
        client.get(f"/repos/acme/shop/check-runs/{job}/annotations"),
        "get",
        f"{BASE}/check-runs/{{check_run_id}}/annotations",
    )
    assert found[0]["message"] == "m"
    _files_fit(fake, client)
    own = f"/repos/acme/shop/actions/runs/{run.id}"
    _fits(client.post(f"{own}/cancel"), "post", f"{BASE}/actions/runs/{{run_id}}/cancel")
    _fits(client.post(f"{own}/rerun-failed-jobs"), "post", f"{BASE}/actions/runs/{{run_id}}/rerun-failed-jobs")
    cancelled = client.post(f"{own}/cancel")
    assert cancelled.status_code == 202
    _fits(cancelled, "post", f"{BASE}/actions/runs/{{run_id}}/cancel")
    fake.finish(run, "failure", [FakeJob(log="text", annotations=[remark])])
    [job] = [made.id for made in run.jobs]
    log = client.get(f"/repos/acme/shop/actions/jobs/{job}/logs")
    assert log.status_code == 302
    assert httpx.get(log.headers["location"], trust_env=False, verify=WITHOUT_TLS).text == "text"
    assert httpx.get(log.headers["location"], headers=HEADERS, trust_env=False, verify=WITHOUT_TLS).status_code == 400


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"event_type": "x" * 101}, 422),
        ({"event_type": "x", "client_payload": "text"}, 422),
        ({"event_type": "x", "client_payload": {str(n): n for n in range(11)}}, 422),
        ({"event_type": "x", "client_payload": {"a": "x" * 70_000}}, 422),
    ],
)
def test_dispatches_that_github_rejects(client: httpx.Client, body: dict[str, Any], status: int) -> None:
    answer = client.post("/repos/acme/shop/dispatches", json=body)
    assert answer.status_code == status
    assert answer.json()["message"]


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("Authorization", "Bearer wrong", 401),
        ("Authorization", "", 401),
        ("X-GitHub-Api-Version", "1999-01-01", 400),
        ("Accept", "application/vnd.github+json", 415),
    ],
)
def test_requests_without_required_headers(client: httpx.Client, header: str, value: str, status: int) -> None:
    answer = client.get("/repos/acme/shop/actions/runs", headers={header: value})
    assert answer.status_code == status


def test_a_repository_without_access_is_not_found(client: httpx.Client) -> None:
    assert client.post("/repos/other/x/dispatches", json={"event_type": "x"}).status_code == 404


def test_a_dispatch_that_no_workflow_listens_to_is_accepted_and_starts_nothing(
    fake: FakeGitHub, client: httpx.Client
) -> None:
    assert client.post("/repos/acme/shop/dispatches", json={"event_type": "typo"}).status_code == 204
    assert fake.runs == {}


def test_the_set_up_of_an_app_fits_githubs_description(fake: FakeGitHub) -> None:
    fake.apps.installations += [
        FakeInstallation(7, "acme", ("acme/shop",)),
        FakeInstallation(8, "old", suspended=True),
    ]
    asked = {"name": "Logloop", "url": "https://x.example", "redirect_url": "https://x.example/r"}
    manifest = {
        **asked,
        "default_permissions": {"contents": "write"},
        "hook_attributes": {"url": "https://x.example/h"},
    }
    plain = {name: value for name, value in HEADERS.items() if name != "Authorization"}
    with httpx.Client(base_url=fake.url, headers=plain, trust_env=False, verify=WITHOUT_TLS) as client:
        for wrong in (
            {"default_permissions": {"contents": "all"}},
            {"hook_attributes": {"url": "http://localhost/h"}},
        ):
            form = {"manifest": json.dumps({**manifest, **wrong})}
            assert client.post("/settings/apps/new?state=s", data=form).status_code == 422
        client.post("/settings/apps/new?state=s", data={"manifest": json.dumps(manifest)}).raise_for_status()
        [code] = fake.apps.codes
        path, template = f"/app-manifests/{code}/conversions", "/app-manifests/{code}/conversions"
        assert _fits(client.post(path), "post", template)["webhook_secret"]
        assert client.post(path).status_code == 404
        app = {"Authorization": "Bearer a.b.c"}
        _fits(client.get("/app", headers=app), "get", "/app")
        installed = _fits(client.get("/app/installations", headers=app), "get", "/app/installations")
        assert [item["account"]["login"] for item in installed] == ["acme", "old"]
        token = {"Authorization": f"Bearer {fake.token}"}
        found = _fits(client.get("/installation/repositories", headers=token), "get", "/installation/repositories")
        assert [item["full_name"] for item in found["repositories"]] == ["acme/shop"]
        own = _fits(client.get("/user/repos", headers=token), "get", "/user/repos")
        assert [item["full_name"] for item in own] == ["acme/shop"]
