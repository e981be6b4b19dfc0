"""Messages of GitHub's REST API and webhooks, as its own OpenAPI description and examples define them."""

import base64
import hashlib
import hmac
import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import jsonschema
from fastapi import Request, Response

_FOLDER = Path(__file__).parent
SPEC: dict[str, Any] = json.loads((_FOLDER / "github_openapi.json").read_text())
WEBHOOK_EXAMPLES: dict[str, Any] = json.loads((_FOLDER / "github_webhooks.json").read_text())
USER = {
    **dict.fromkeys(
        [
            "node_id",
            "avatar_url",
            "url",
            "html_url",
            "followers_url",
            "following_url",
            "gists_url",
            "starred_url",
            "subscriptions_url",
            "organizations_url",
            "repos_url",
            "events_url",
            "received_events_url",
        ],
        "https://github.example/u",
    ),
    "login": "octocat",
    "id": 1,
    "gravatar_id": None,
    "type": "User",
    "site_admin": False,
}


@dataclass
class FakeJob:
    """A job of a run. `log` is what the runner writes, with or without timestamps."""

    name: str = "build"
    conclusion: str = "success"
    log: str | bytes | None = "ok"
    steps: list[dict[str, Any]] = field(default_factory=list)
    annotations: list[dict[str, Any]] = field(default_factory=list)
    id: int = 0


@dataclass
class FakeWorkflow:
    """A workflow file on the default branch. `echo`: its run-name shows the correlation id."""

    repository: str
    file: str
    types: tuple[str, ...] = ()
    inputs: tuple[str, ...] | None = None
    echo: bool = True


@dataclass
class FakeRun:
    """A run."""

    id: int
    repository: str
    workflow: FakeWorkflow
    event: str
    title: str
    payload: dict[str, Any]
    status: str = "queued"
    conclusion: str | None = None
    attempt: int = 1
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    jobs: list[FakeJob] = field(default_factory=list)


def run_json(base_url: str, run: FakeRun) -> dict[str, Any]:
    """Return a run as GitHub's API shows it."""
    owner, _, name = run.repository.partition("/")
    urls = "url jobs_url logs_url check_suite_url artifacts_url cancel_url rerun_url workflow_url"
    return {
        **dict.fromkeys(urls.split(), f"{base_url}/repos/{run.repository}/actions/runs/{run.id}"),
        "id": run.id,
        "name": run.workflow.file,
        "display_title": run.title,
        "node_id": "WFR_x",
        "head_branch": "main",
        "head_sha": "acb5820ced9479c074f688cc328bf03f341a511d",
        "path": f".github/workflows/{run.workflow.file}",
        "run_number": run.id % 1000,
        "run_attempt": run.attempt,
        "event": run.event,
        "status": run.status,
        "conclusion": run.conclusion,
        "workflow_id": 159038,
        "html_url": f"https://github.example/{run.repository}/actions/runs/{run.id}",
        "pull_requests": [],
        "created_at": moment_text(run.created_at),
        "updated_at": moment_text(datetime.now(UTC)),
        "run_started_at": moment_text(run.created_at),
        "head_commit": None,
        "repository": _repository_json(owner, name),
        "head_repository": _repository_json(owner, name),
    }


def job_json(base_url: str, run: FakeRun, job: FakeJob) -> dict[str, Any]:
    """Return a job as GitHub's API shows it."""
    began = moment_text(run.created_at)
    return {
        **dict.fromkeys(("url", "html_url", "run_url", "check_run_url"), f"{base_url}/jobs/{job.id}"),
        "id": job.id,
        "node_id": "CR_x",
        "run_id": run.id,
        "run_attempt": run.attempt,
        "head_sha": "acb5820ced9479c074f688cc328bf03f341a511d",
        "head_branch": "main",
        "workflow_name": run.workflow.file,
        "name": job.name,
        "status": "completed",
        "conclusion": job.conclusion,
        "created_at": began,
        "started_at": began,
        "completed_at": moment_text(datetime.now(UTC)),
        "steps": job.steps,
        "labels": ["ubuntu-latest"],
        "runner_id": 1,
        "runner_name": "fake",
        "runner_group_id": 1,
        "runner_group_name": "fake",
    }


def sign(secret: str, body: bytes) -> str:
    """Return the X-Hub-Signature-256 of a body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def webhook_request(
    url: str, payload: dict[str, Any], *, secret: str, event: str = "workflow_run", delivery: str | None = None
) -> httpx.Request:
    """Return the request with which GitHub delivers a webhook."""
    body = json.dumps(payload).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/fake",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery or str(uuid.uuid4()),
        "X-Hub-Signature-256": sign(secret, body),
    }
    return httpx.Request("POST", url, content=body, headers=headers)


def validator(schema: dict[str, Any]) -> jsonschema.Draft7Validator:
    """Return a validator of a schema of GitHub's description (OpenAPI 3.0, with `nullable`)."""
    return jsonschema.Draft7Validator(_json_schema({**schema, "components": SPEC["components"]}))


def operation_of(method: str, template: str) -> dict[str, Any]:
    """Return an operation of GitHub's description."""
    found: dict[str, Any] = SPEC["paths"][template][method.lower()]
    return found


def _json_schema(value: Any) -> Any:
    if isinstance(value, list):
        return [_json_schema(item) for item in value]
    if not isinstance(value, dict):
        return value
    made = {key: _json_schema(item) for key, item in value.items() if key != "nullable"}
    if value.get("nullable") is True:
        return {"anyOf": [made, {"type": "null"}]}
    return made


def schema_errors(request: Request, raw: bytes, body: Any) -> Response | None:
    """Return the error response to a body that does not match GitHub's description, None when it does."""
    operation = operation_for(request)
    if operation is None or "requestBody" not in operation:
        return None
    if not request.headers.get("content-type", "").startswith("application/json"):
        return problem(415, "Unsupported media type")
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    errors = [error.message[:200] for error in validator(schema).iter_errors(body)]
    if not errors and len(raw) >= 64 * 1024:
        errors = ["client_payload is too large"]
    return problem(422, "Invalid request.\n\n" + "\n".join(errors)) if errors else None


def operation_for(request: Request) -> dict[str, Any] | None:
    """Return the operation of GitHub's description for a request, None when it has none."""
    parts = request.url.path.strip("/").split("/")
    for template, methods in SPEC["paths"].items():
        wanted = template.strip("/").split("/")
        if len(wanted) == len(parts) and all(
            want.startswith("{") or want == part for want, part in zip(wanted, parts, strict=True)
        ):
            found: dict[str, Any] | None = methods.get(request.method.lower())
            return found
    return None


def repository_of(request: Request) -> str:
    """Return the repository in the path of a request."""
    return f"{request.path_params['owner']}/{request.path_params['repo']}"


def _repository_json(owner: str, name: str) -> dict[str, Any]:
    minimal = minimal_of(SPEC["components"]["schemas"]["minimal-repository"])
    return {**minimal, "name": name, "full_name": f"{owner}/{name}", "owner": USER}


def repository_json(repository: str) -> dict[str, Any]:
    """Return a repository as GitHub's API shows it."""
    schema = operation_of("get", "/repos/{owner}/{repo}")["responses"]["200"]["content"]["application/json"]["schema"]
    return {**minimal_of(schema), "full_name": repository, "default_branch": "main"}


def minimal_repository_json(repository: str) -> dict[str, Any]:
    """Return a repository of a list as GitHub's API shows it."""
    schema = SPEC["components"]["schemas"]["repository"]
    return {**minimal_of(schema), "name": repository.partition("/")[2], "full_name": repository}


def page_of(request: Request, rows: list[Any]) -> list[Any]:
    """Return the page of a list that a request asks for."""
    size = int(request.query_params.get("per_page", 30))
    start = (int(request.query_params.get("page", 1)) - 1) * size
    return rows[start : start + size]


def commit_json(base_url: str, repository: str, sha: str) -> dict[str, Any]:
    """Return a commit as GitHub's API shows it."""
    url = f"{base_url}/repos/{repository}/commits/{sha}"
    return {**minimal_of(SPEC["components"]["schemas"]["commit"]), "sha": sha, "url": url}


def entry_json(base_url: str, repository: str, path: str, text: str) -> dict[str, Any]:
    """Return an entry of a folder as GitHub's API shows it."""
    url = f"{base_url}/repos/{repository}/contents/{path}"
    links = {"self": url, "git": None, "html": None}
    return {
        "type": "file",
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": blob_sha(text),
        "size": len(text.encode()),
        "url": url,
        "git_url": None,
        "html_url": None,
        "download_url": None,
        "_links": links,
    }


def blob_json(base_url: str, repository: str, text: str) -> dict[str, Any]:
    """Return the content of a file as GitHub's API shows it: base64 in lines of 60 characters."""
    content = base64.b64encode(text.encode()).decode()
    lines = "".join(f"{content[start : start + 60]}\n" for start in range(0, len(content), 60))
    sha = blob_sha(text)
    url = f"{base_url}/repos/{repository}/git/blobs/{sha}"
    own = {"sha": sha, "node_id": "B_x", "size": len(text.encode()), "url": url}
    return {**own, "content": lines, "encoding": "base64"}


def blob_sha(text: str) -> str:
    """Return git's id of a content."""
    raw = text.encode()
    return hashlib.sha1(b"blob %d\0" % len(raw) + raw).hexdigest()  # noqa: S324  # git's own digest


def minimal_of(schema: dict[str, Any]) -> Any:
    """Return the smallest value that fits a schema of GitHub's description."""
    if "$ref" in schema:
        return minimal_of(SPEC["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if schema.get("nullable"):
        return None
    for variants in ("allOf", "anyOf", "oneOf"):
        if variants in schema:
            return minimal_of(schema[variants][0])
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if kind == "object":
        properties = schema.get("properties", {})
        return {name: minimal_of(properties[name]) for name in schema.get("required", ()) if name in properties}
    texts = {
        "date-time": "2026-11-22T10:00:00Z",
        "uri": "https://github.example/x",
        "email": "octocat@github.example",
    }
    simple: dict[str, Any] = {"integer": 1, "number": 1, "boolean": False, "array": []}
    return simple.get(kind, texts.get(schema.get("format", ""), "https://github.example/x"))


def moment_text(moment: datetime) -> str:
    """Return a time as GitHub writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def answer(status: int, body: Any = None, headers: dict[str, str] | None = None) -> Response:
    """Return a JSON response."""
    content = b"" if body is None else json.dumps(body).encode()
    return Response(content, status, headers=headers, media_type="application/json; charset=utf-8")


def problem(status: int, message: str) -> Response:
    """Return an error as GitHub writes it."""
    return answer(status, {"message": message, "documentation_url": "https://docs.github.com/rest"})
