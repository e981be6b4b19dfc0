"""GitHub's REST API and webhooks on loopback, checked against GitHub's own OpenAPI description.

It must not know ci-bridge: it reads requests and writes what GitHub writes, and misbehaves on request.
Rules that the description has only in prose (authentication, sizes, rate limits, who listens) are coded here.

By hand: `python -m tests.fakes.github --port 9901 --finish-after 3` runs one whose workflows end by themselves.
"""

import argparse
import asyncio
import hashlib
import hmac
import json
import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import httpx
import jsonschema
import uvicorn
from fastapi import FastAPI, Request, Response

_FOLDER = Path(__file__).parent
SPEC: dict[str, Any] = json.loads((_FOLDER / "github_openapi.json").read_text())
WEBHOOK_EXAMPLES: dict[str, Any] = json.loads((_FOLDER / "github_webhooks.json").read_text())
_USER = {
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


@dataclass(frozen=True)
class Seen:
    """One request that came in."""

    kind: str
    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Script:
    """How the next request of a kind is answered. `effect`: do the work before misbehaving."""

    status: int | None = None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    hang_s: float = 0.0
    effect: bool = False


@dataclass
class FakeJob:
    """A job of a run: `log` as the runner writes it, with or without timestamps."""

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


class FakeGitHub:
    """Starts with `with FakeGitHub() as github:`; lives in a thread of its own."""

    def __init__(self, *, token: str = "ghp_fake", port: int = 0, finish_after: float | None = None) -> None:  # noqa: S107
        self.token = token
        self.installation_tokens: set[str] = set()
        self.app_tokens: list[str] = []
        self.requests: list[Seen] = []
        self.runs: dict[int, FakeRun] = {}
        self.workflows: list[FakeWorkflow] = []
        self.on_dispatch: Callable[[], None] | None = None
        """Called when a dispatch has been received and before it has any effect."""
        self.after_dispatch: Callable[[], None] | None = None
        """Called when a dispatch has had its effect and before it is answered."""
        self.jobs_for: Callable[[FakeRun], list[FakeJob]] = lambda _: [FakeJob()]
        self.hide_runs = False
        """The runs exist, and the lists do not show them yet."""
        self.old_enterprise = False
        """Like GitHub Enterprise Server 3.20: return_run_details is refused with 400."""
        self.remaining = 4999
        self._scripts: dict[str, deque[Script]] = {}
        self._finish_after = finish_after
        self._port = port
        self._next_id = 7_000_000_000
        self._lock = threading.Lock()
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    # --- what a test does with it ------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Base URL of the API."""
        return f"http://127.0.0.1:{self._port}"

    def count(self, kind: str) -> int:
        """Requests of a kind so far: dispatch, runs, run, jobs, log, blob, annotations, token, installation."""
        return Counter(seen.kind for seen in self.requests)[kind]

    def seen(self, kind: str) -> list[Seen]:
        """Requests of a kind, oldest first."""
        return [seen for seen in self.requests if seen.kind == kind]

    def script(self, kind: str, *scripts: Script) -> None:
        """Answer the next requests of a kind so; afterwards normally again."""
        self._scripts.setdefault(kind, deque()).extend(scripts)

    def workflow(self, repository: str, file: str, **more: Any) -> FakeWorkflow:
        """Commit a workflow file."""
        made = FakeWorkflow(repository, file, **more)
        self.workflows.append(made)
        return made

    def finish(self, run: FakeRun, conclusion: str = "success", jobs: list[FakeJob] | None = None) -> None:
        """End a run."""
        run.jobs = jobs if jobs is not None else self.jobs_for(run)
        for job in run.jobs:
            job.id = job.id or self._new_id()
        run.conclusion = conclusion
        run.status = "completed"

    def outside_run(self, repository: str, file: str = "ci.yml") -> FakeRun:
        """A run that somebody's push started."""
        return self._start(FakeWorkflow(repository, file), "push", "fix: typo", {})

    def webhook(self, run: FakeRun, action: str | None = None) -> dict[str, Any]:
        """A workflow_run payload: GitHub's example with this run's facts."""
        payload: dict[str, Any] = json.loads(json.dumps(WEBHOOK_EXAMPLES["workflow_run"][1]))
        payload["action"] = action or {"queued": "requested"}.get(run.status, run.status)
        payload["workflow_run"] |= {key: value for key, value in self._run_json(run).items() if key != "repository"}
        payload["repository"]["full_name"] = run.repository
        return payload

    # --- life ------------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        config = uvicorn.Config(self._app(), host="127.0.0.1", port=self._port, log_level="error", lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        deadline = time.monotonic() + 20
        while not (self._server.started and self._server.servers):
            if time.monotonic() > deadline:
                raise RuntimeError("the fake GitHub did not start")
            time.sleep(0.01)
        self._port = self._server.servers[0].sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        assert self._thread is not None
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(10)

    # --- the wire --------------------------------------------------------------------------------------------

    def _app(self) -> FastAPI:
        app = FastAPI(openapi_url=None)
        base = "/repos/{owner}/{repo}"

        def route(method: str, path: str, kind: str, handle: Callable[..., Any], auth: str = "token") -> None:
            async def endpoint(request: Request) -> Response:
                return await self._serve(request, kind, handle, auth)

            app.add_api_route(path, endpoint, methods=[method])

        route("POST", f"{base}/dispatches", "dispatch", self._repository_dispatch)
        route("POST", f"{base}/actions/workflows/{{file}}/dispatches", "dispatch", self._workflow_dispatch)
        route("GET", f"{base}/actions/runs", "runs", self._list_runs)
        route("GET", f"{base}/actions/workflows/{{file}}/runs", "runs", self._list_runs)
        route("GET", f"{base}/actions/runs/{{run_id}}", "run", self._get_run)
        route("GET", f"{base}/actions/runs/{{run_id}}/attempts/{{attempt}}/jobs", "jobs", self._list_jobs)
        route("GET", f"{base}/actions/jobs/{{job_id}}/logs", "log", self._job_log)
        route("GET", f"{base}/check-runs/{{job_id}}/annotations", "annotations", self._annotations)
        route("GET", f"{base}/installation", "installation", self._installation, "app")
        route("POST", "/app/installations/{installation}/access_tokens", "token", self._access_token, "app")
        route("GET", "/_blob/{job_id}", "blob", self._blob, "none")
        return app

    async def _serve(self, request: Request, kind: str, handle: Callable[..., Any], auth: str) -> Response:
        raw = await request.body()
        body = json.loads(raw) if raw else None
        self.requests.append(Seen(kind, request.method, request.url.path, dict(request.headers), body))
        refused = self._refuse(request, raw, body, auth)
        if refused is not None:
            return refused
        script = self._scripts[kind].popleft() if self._scripts.get(kind) else None
        if kind == "dispatch" and self.on_dispatch:
            await asyncio.to_thread(self.on_dispatch)
        if script is not None and not script.effect:
            await asyncio.sleep(script.hang_s)
            return _answer(script.status or 500, script.body, {**self._limits(), **script.headers})
        answer: Response = handle(request, body)
        if kind == "dispatch" and self.after_dispatch:
            await asyncio.to_thread(self.after_dispatch)
        if script is not None:
            await asyncio.sleep(script.hang_s)
            if script.status:
                return _answer(script.status, script.body, script.headers)
        answer.headers.update(self._limits())
        return answer

    def _refuse(self, request: Request, raw: bytes, body: Any, auth: str) -> Response | None:
        """What GitHub says in prose: who may call, with which headers, and how much."""
        if auth == "none":
            return None
        if not request.headers.get("user-agent"):
            return _problem(
                403,
                "Request forbidden by administrative rules. Please make sure your request has a User-Agent header",
            )
        if request.headers.get("x-github-api-version") != "2022-11-28":
            return _problem(400, "X-GitHub-Api-Version is missing or unsupported")
        if "application/json" not in request.headers.get("accept", ""):
            return _problem(415, "Unsupported 'Accept' header. Must accept 'application/json'.")
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if auth == "app":
            self.app_tokens.append(bearer)
        elif bearer != self.token and bearer not in self.installation_tokens:
            return _problem(401, "Bad credentials")
        if body is not None:
            return self._against_schema(request, raw, body)
        return None

    def _against_schema(self, request: Request, raw: bytes, body: Any) -> Response | None:
        operation = _operation(request)
        if operation is None or "requestBody" not in operation:
            return None
        if not request.headers.get("content-type", "").startswith("application/json"):
            return _problem(415, "Unsupported media type")
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        errors = [error.message[:200] for error in validator(schema).iter_errors(body)]
        if not errors and len(raw) >= 64 * 1024:
            errors = ["client_payload is too large"]
        if errors:
            return _problem(422, "Invalid request.\n\n" + "\n".join(errors))
        return None

    def _limits(self) -> dict[str, str]:
        with self._lock:
            self.remaining -= 1
        return {
            "x-ratelimit-limit": "5000",
            "x-ratelimit-remaining": str(self.remaining),
            "x-ratelimit-reset": str(int(time.time()) + 3000),
        }

    # --- operations ------------------------------------------------------------------------------------------

    def _repository_dispatch(self, request: Request, body: dict[str, Any]) -> Response:
        repository = _repository(request)
        if not self._knows(repository):
            return _problem(404, "Not Found")
        payload = body.get("client_payload") or {}
        for workflow in self.workflows:
            if workflow.repository == repository and body["event_type"] in workflow.types:
                correlation = (payload.get("logloop") or {}).get("correlation_id")
                title = f"logloop {correlation}" if workflow.echo and correlation else body["event_type"]
                self._start(workflow, "repository_dispatch", title, payload)
        return Response(status_code=204)

    def _workflow_dispatch(self, request: Request, body: dict[str, Any]) -> Response:
        repository, file = _repository(request), request.path_params["file"]
        found = next((w for w in self.workflows if w.repository == repository and w.file == file), None)
        if found is None:
            return _problem(404, "Not Found")
        if self.old_enterprise and "return_run_details" in body:
            return _problem(400, 'Invalid request. "return_run_details" is not a permitted key.')
        inputs = body.get("inputs") or {}
        unexpected = sorted(set(inputs) - set(found.inputs or ()))
        if found.inputs is None or unexpected:
            words = f"Unexpected inputs provided: {json.dumps(unexpected)}"
            return _problem(422, words if found.inputs is not None else "Workflow does not have 'workflow_dispatch'")
        correlation = next((value for name, value in inputs.items() if "correlation" in name), None)
        title = f"logloop {correlation}" if found.echo and correlation else found.file
        run = self._start(found, "workflow_dispatch", title, inputs)
        if not body.get("return_run_details"):
            return Response(status_code=204)
        url = f"{self.url}/repos/{repository}/actions/runs/{run.id}"
        html = f"https://github.example/{repository}/actions/runs/{run.id}"
        return _answer(200, {"workflow_run_id": run.id, "run_url": url, "html_url": html})

    def _list_runs(self, request: Request, _: Any) -> Response:
        wanted, query = _repository(request), request.query_params
        file = request.path_params.get("file")
        since = query.get("created", "").removeprefix(">=").replace("Z", "+00:00")
        rows = [
            self._run_json(run)
            for run in sorted(self.runs.values(), key=lambda run: -run.id)
            if run.repository == wanted
            and query.get("event") in (None, run.event)
            and (file is None or run.workflow.file == file)
            and (not since or run.created_at >= datetime.fromisoformat(since))
        ]
        if self.hide_runs:
            rows = []
        start = (int(query.get("page", 1)) - 1) * int(query.get("per_page", 30))
        page = rows[start : start + int(query.get("per_page", 30))]
        return _answer(200, {"total_count": len(rows), "workflow_runs": page})

    def _get_run(self, request: Request, _: Any) -> Response:
        run = self.runs.get(int(request.path_params["run_id"]))
        if run is None or run.repository != _repository(request):
            return _problem(404, "Not Found")
        self._finish_when_due(run)
        return _answer(200, self._run_json(run))

    def _list_jobs(self, request: Request, _: Any) -> Response:
        run = self.runs[int(request.path_params["run_id"])]
        return _answer(200, {"total_count": len(run.jobs), "jobs": [self._job_json(run, job) for job in run.jobs]})

    def _job_log(self, request: Request, _: Any) -> Response:
        job = self._job(request)
        if job is None or job.log is None:
            return _problem(404, "Not Found")
        return Response(status_code=302, headers={"location": f"{self.url}/_blob/{job.id}?sig=signed"})

    def _blob(self, request: Request, _: Any) -> Response:
        job = self._job(request)
        if job is None or job.log is None or request.headers.get("authorization"):
            # Blob storage refuses a request that brings another service's credentials.
            return Response(status_code=400)
        raw = job.log if isinstance(job.log, bytes) else job.log.encode()
        return Response(raw, media_type="text/plain")

    def _annotations(self, request: Request, _: Any) -> Response:
        job = self._job(request)
        if job is None:
            return _problem(404, "Not Found")
        defaults = {"blob_href": "https://github.example/b", "end_line": 1, "start_column": None, "end_column": None}
        empty = {
            "title": None,
            "raw_details": None,
            "path": ".github",
            "start_line": 1,
            "annotation_level": "failure",
        }
        return _answer(200, [{**defaults, **empty, **row} for row in job.annotations])

    def _installation(self, _: Request, __: Any) -> Response:
        return _answer(200, {"id": 4242})

    def _access_token(self, _: Request, __: Any) -> Response:
        token = f"ghs_{uuid.uuid4().hex}"
        self.installation_tokens.add(token)
        expires = datetime.fromtimestamp(time.time() + 3600, UTC)
        return _answer(201, {"token": token, "expires_at": _moment(expires), "permissions": {"contents": "write"}})

    # --- inside ----------------------------------------------------------------------------------------------

    def _knows(self, repository: str) -> bool:
        return any(workflow.repository == repository for workflow in self.workflows)

    def _new_id(self) -> int:
        with self._lock:
            self._next_id += 1
            return self._next_id

    def _start(self, workflow: FakeWorkflow, event: str, title: str, payload: dict[str, Any]) -> FakeRun:
        run = FakeRun(self._new_id(), workflow.repository, workflow, event, title, payload)
        self.runs[run.id] = run
        return run

    def _finish_when_due(self, run: FakeRun) -> None:
        age = (datetime.now(UTC) - run.created_at).total_seconds()
        if self._finish_after is not None and run.status != "completed" and age > self._finish_after:
            self.finish(run)

    def _job(self, request: Request) -> FakeJob | None:
        wanted = int(request.path_params["job_id"])
        return next((job for run in self.runs.values() for job in run.jobs if job.id == wanted), None)

    def _run_json(self, run: FakeRun) -> dict[str, Any]:
        owner, _, name = run.repository.partition("/")
        urls = "url jobs_url logs_url check_suite_url artifacts_url cancel_url rerun_url workflow_url"
        return {
            **dict.fromkeys(urls.split(), f"{self.url}/repos/{run.repository}/actions/runs/{run.id}"),
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
            "created_at": _moment(run.created_at),
            "updated_at": _moment(datetime.now(UTC)),
            "run_started_at": _moment(run.created_at),
            "head_commit": None,
            "repository": _repository_json(owner, name),
            "head_repository": _repository_json(owner, name),
        }

    def _job_json(self, run: FakeRun, job: FakeJob) -> dict[str, Any]:
        began = _moment(run.created_at)
        return {
            **dict.fromkeys(("url", "html_url", "run_url", "check_run_url"), f"{self.url}/jobs/{job.id}"),
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
            "completed_at": _moment(datetime.now(UTC)),
            "steps": job.steps,
            "labels": ["ubuntu-latest"],
            "runner_id": 1,
            "runner_name": "fake",
            "runner_group_id": 1,
            "runner_group_name": "fake",
        }


def sign(secret: str, body: bytes) -> str:
    """X-Hub-Signature-256 of a body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def webhook_request(
    url: str, payload: dict[str, Any], *, secret: str, event: str = "workflow_run", delivery: str | None = None
) -> httpx.Request:
    """The request with which GitHub delivers a webhook."""
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
    """A validator of a schema of GitHub's description (OpenAPI 3.0, whose `nullable` JSON Schema lacks)."""
    return jsonschema.Draft7Validator(_json_schema({**schema, "components": SPEC["components"]}))


def operation_of(method: str, template: str) -> dict[str, Any]:
    """An operation of GitHub's description."""
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


def _operation(request: Request) -> dict[str, Any] | None:
    parts = request.url.path.strip("/").split("/")
    for template, methods in SPEC["paths"].items():
        wanted = template.strip("/").split("/")
        if len(wanted) == len(parts) and all(
            want.startswith("{") or want == part for want, part in zip(wanted, parts, strict=True)
        ):
            found: dict[str, Any] | None = methods.get(request.method.lower())
            return found
    return None


def _repository(request: Request) -> str:
    return f"{request.path_params['owner']}/{request.path_params['repo']}"


def _repository_json(owner: str, name: str) -> dict[str, Any]:
    schema = SPEC["components"]["schemas"]["minimal-repository"]
    values: dict[str, Any] = {}
    for key in schema["required"]:
        kind = schema["properties"][key].get("type")
        values[key] = {"integer": 1, "boolean": False}.get(kind, "https://github.example/x")
    return {**values, "name": name, "full_name": f"{owner}/{name}", "owner": _USER}


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _answer(status: int, body: Any = None, headers: dict[str, str] | None = None) -> Response:
    content = b"" if body is None else json.dumps(body).encode()
    return Response(content, status, headers=headers, media_type="application/json; charset=utf-8")


def _problem(status: int, message: str) -> Response:
    return _answer(status, {"message": message, "documentation_url": "https://docs.github.com/rest"})


def main() -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description="A fake GitHub on loopback.")
    parser.add_argument("--port", type=int, default=9901)
    parser.add_argument("--token", default="ghp_fake")
    parser.add_argument("--repository", default="acme/shop")
    parser.add_argument("--event-type", action="append", default=[])
    parser.add_argument("--workflow", default="diagnose.yml")
    parser.add_argument("--finish-after", type=float, default=3.0)
    options = parser.parse_args()
    fake = FakeGitHub(token=options.token, port=options.port, finish_after=options.finish_after)
    types = tuple(options.event_type) or ("logloop.checkout",)
    fake.workflow(options.repository, options.workflow, types=types, inputs=("logloop_correlation_id",))
    with fake:
        print(f"LOGLOOP_GITHUB_API_URL={fake.url}", flush=True)  # noqa: T201  # a program's own output
        threading.Event().wait()


if __name__ == "__main__":
    main()
