"""A fake of GitHub's REST API and webhooks on loopback, checked against GitHub's own OpenAPI description.

It fails on request. Rules that GitHub documents only in prose (authentication, sizes, rate limits, which workflows
listen) are implemented here.

Run it by hand with `python -m tests.fakes.github --port 9901 --finish-after 3`; its workflows complete by themselves.
"""

import argparse
import asyncio
import base64
import json
import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.fakes.github_apps import FakeApps, app_json
from tests.fakes.github_messages import (
    WEBHOOK_EXAMPLES,
    FakeJob,
    FakeRun,
    FakeWorkflow,
    answer,
    blob_json,
    blob_sha,
    commit_json,
    entry_json,
    job_json,
    minimal_repository_json,
    moment_text,
    page_of,
    problem,
    repository_json,
    repository_of,
    run_json,
    schema_errors,
)

__all__ = ["FakeGitHub", "FakeJob", "FakeRun", "Script", "Seen"]


@dataclass(frozen=True)
class Seen:
    """One received request."""

    kind: str
    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Script:
    """How to answer the next request of a kind. `effect`: carry out the request before failing."""

    status: int | None = None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    hang_s: float = 0.0
    effect: bool = False


class FakeGitHub:
    """A fake GitHub in its own thread; use it as `with FakeGitHub() as github:`."""

    def __init__(self, *, token: str = "ghp_fake", port: int = 0, finish_after: float | None = None) -> None:  # noqa: S107
        self.token = token
        self.installation_tokens: set[str] = set()
        self.app_tokens: list[str] = []
        self.requests: list[Seen] = []
        self.runs: dict[int, FakeRun] = {}
        self.workflows: list[FakeWorkflow] = []
        self.apps = FakeApps()
        self.texts: dict[str, dict[str, str]] = {}
        """The texts of workflow files by repository and name."""
        self.files: dict[str, dict[str, str]] = {}
        """Other files of each repository, by path."""
        self.on_dispatch: Callable[[], None] | None = None
        """Called when a dispatch is received, before it has any effect."""
        self.after_dispatch: Callable[[], None] | None = None
        """Called after the effect of a dispatch, before it is answered."""
        self.jobs_for: Callable[[FakeRun], list[FakeJob]] = lambda _: [FakeJob()]
        self.hide_runs = False
        """Runs exist, but lists do not show them yet."""
        self.old_enterprise = False
        """Like GitHub Enterprise Server 3.20: the newer API version and return_run_details are rejected with 400."""
        self.remaining = 4999
        self._scripts: dict[str, deque[Script]] = {}
        self._finish_after = finish_after
        self._port = port
        self._next_id = 7_000_000_000
        self._lock = threading.Lock()
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    # --- for tests ------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """The base URL of the API."""
        return f"http://127.0.0.1:{self._port}"

    def count(self, kind: str) -> int:
        """Count the requests of a kind: dispatch, runs, run, jobs, log, blob, annotations, token, installation, …."""
        return Counter(seen.kind for seen in self.requests)[kind]

    def seen(self, kind: str) -> list[Seen]:
        """Return the requests of a kind, oldest first."""
        return [seen for seen in self.requests if seen.kind == kind]

    def script(self, kind: str, *scripts: Script) -> None:
        """Answer the next requests of a kind with these scripts, and normally afterwards."""
        self._scripts.setdefault(kind, deque()).extend(scripts)

    def workflow(self, repository: str, file: str, **more: Any) -> FakeWorkflow:
        """Add a workflow file."""
        made = FakeWorkflow(repository, file, **more)
        self.workflows.append(made)
        return made

    def finish(self, run: FakeRun, conclusion: str = "success", jobs: list[FakeJob] | None = None) -> None:
        """Complete a run."""
        run.jobs = jobs if jobs is not None else self.jobs_for(run)
        for job in run.jobs:
            job.id = job.id or self._new_id()
        run.conclusion = conclusion
        run.status = "completed"

    def outside_run(self, repository: str, file: str = "ci.yml") -> FakeRun:
        """Start a run as a push does."""
        return self._start(FakeWorkflow(repository, file), "push", "fix: typo", {})

    def webhook(self, run: FakeRun, action: str | None = None) -> dict[str, Any]:
        """Return a workflow_run payload: GitHub's example with the values of this run."""
        payload: dict[str, Any] = json.loads(json.dumps(WEBHOOK_EXAMPLES["workflow_run"][1]))
        payload["action"] = action or {"queued": "requested"}.get(run.status, run.status)
        payload["workflow_run"] |= {
            key: value for key, value in run_json(self.url, run).items() if key != "repository"
        }
        payload["repository"]["full_name"] = run.repository
        return payload

    def head_of(self, repository: str) -> str:
        """Return the newest commit of the default branch: it changes with the workflow files."""
        return blob_sha(json.dumps(self.texts.get(repository, {}), sort_keys=True))

    def push(self, repository: str, ref: str = "refs/heads/main") -> dict[str, Any]:
        """Return a push payload: GitHub's example for this repository and branch."""
        payload: dict[str, Any] = json.loads(json.dumps(WEBHOOK_EXAMPLES["push"][0]))
        payload["repository"] |= {"full_name": repository, "default_branch": "main"}
        return {**payload, "ref": ref, "after": self.head_of(repository)}

    # --- lifecycle ------------------------------------------------------------------------------------------------

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

    # --- routes --------------------------------------------------------------------------------------------

    def _app(self) -> Starlette:
        routes = []
        base = "/repos/{owner}/{repo}"

        def route(method: str, path: str, kind: str, handle: Callable[..., Any], auth: str = "token") -> None:
            async def endpoint(request: Request) -> Response:
                return await self._serve(request, kind, handle, auth)

            routes.append(Route(path, endpoint, methods=[method]))

        route("POST", f"{base}/dispatches", "dispatch", self._repository_dispatch)
        route("POST", f"{base}/actions/workflows/{{file}}/dispatches", "dispatch", self._workflow_dispatch)
        route("GET", f"{base}/actions/runs", "runs", self._list_runs)
        route("GET", f"{base}/actions/workflows/{{file}}/runs", "runs", self._list_runs)
        route("GET", f"{base}/actions/runs/{{run_id}}", "run", self._get_run)
        route("POST", f"{base}/actions/runs/{{run_id}}/cancel", "cancel", self._cancel_run)
        route("POST", f"{base}/actions/runs/{{run_id}}/rerun-failed-jobs", "rerun", self._rerun_failed_jobs)
        route("GET", f"{base}/actions/runs/{{run_id}}/attempts/{{attempt}}/jobs", "jobs", self._list_jobs)
        route("GET", f"{base}/actions/jobs/{{job_id}}/logs", "log", self._job_log)
        route("GET", f"{base}/check-runs/{{job_id}}/annotations", "annotations", self._annotations)
        route("GET", base, "repository", self._get_repository)
        route("GET", f"{base}/commits/{{ref:path}}", "commit", self._get_commit)
        route("GET", f"{base}/contents/{{path:path}}", "contents", self._get_contents)
        route("GET", f"{base}/git/blobs/{{sha}}", "blob_content", self._get_blob)
        route("POST", "/settings/apps/new", "manifest", self._ask_for_app, "none")
        route("POST", "/organizations/{organization}/settings/apps/new", "manifest", self._ask_for_app, "none")
        route("POST", "/app-manifests/{code}/conversions", "conversion", self._convert, "public")
        route("GET", "/app/installations", "installations", self._installations, "app")
        route("GET", "/installation/repositories", "repositories", self._installation_repositories)
        route("GET", "/user/repos", "repositories", self._user_repositories)
        route("GET", "/rate_limit", "rate_limit", self._rate_limit)
        route("GET", "/app", "app", self._app_itself, "app")
        route("GET", "/app/installations/{installation}", "app", self._get_installation, "app")
        route("GET", f"{base}/installation", "installation", self._installation, "app")
        route("POST", "/app/installations/{installation}/access_tokens", "token", self._access_token, "app")
        route("GET", "/_blob/{job_id}", "blob", self._blob, "none")
        return Starlette(routes=routes)

    async def _serve(self, request: Request, kind: str, handle: Callable[..., Any], auth: str) -> Response:
        raw = await request.body()
        is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        body = raw if is_form else json.loads(raw) if raw else None
        self.requests.append(Seen(kind, request.method, request.url.path, dict(request.headers), body))
        rejected = self._reject(request, raw, body, auth)
        if rejected is not None:
            return rejected
        script = self._scripts[kind].popleft() if self._scripts.get(kind) else None
        if kind == "dispatch" and self.on_dispatch:
            await asyncio.to_thread(self.on_dispatch)
        if script is not None and not script.effect:
            await asyncio.sleep(script.hang_s)
            return answer(script.status or 500, script.body, {**self._limits(), **script.headers})
        response: Response = handle(request, body)
        if kind == "dispatch" and self.after_dispatch:
            await asyncio.to_thread(self.after_dispatch)
        if script is not None:
            await asyncio.sleep(script.hang_s)
            if script.status:
                return answer(script.status, script.body, script.headers)
        response.headers.update(self._limits())
        return response

    def _reject(self, request: Request, raw: bytes, body: Any, auth: str) -> Response | None:
        """The rules that GitHub documents in prose: authentication, headers and sizes."""
        if auth == "none":
            return None
        if not request.headers.get("user-agent"):
            return problem(
                403,
                "Request forbidden by administrative rules. Please make sure your request has a User-Agent header",
            )
        versions = ("2022-11-28",) if self.old_enterprise else ("2022-11-28", "2026-03-10")
        if request.headers.get("x-github-api-version") not in versions:
            return problem(400, "X-GitHub-Api-Version is missing or unsupported")
        if "application/json" not in request.headers.get("accept", ""):
            return problem(415, "Unsupported 'Accept' header. Must accept 'application/json'.")
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if auth == "app":
            self.app_tokens.append(bearer)
        elif auth == "public":
            if bearer:
                return problem(401, "Bad credentials")
        elif bearer != self.token and bearer not in self.installation_tokens:
            return problem(401, "Bad credentials")
        if body is not None:
            return schema_errors(request, raw, body)
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
        repository = repository_of(request)
        if not self._exists(repository):
            return problem(404, "Not Found")
        payload = body.get("client_payload") or {}
        for workflow in self.workflows:
            if workflow.repository == repository and body["event_type"] in workflow.types:
                correlation = (payload.get("logloop") or {}).get("correlation_id")
                title = f"logloop {correlation}" if workflow.echo and correlation else body["event_type"]
                self._start(workflow, "repository_dispatch", title, payload)
        return Response(status_code=204)

    def _workflow_dispatch(self, request: Request, body: dict[str, Any]) -> Response:
        repository, file = repository_of(request), request.path_params["file"]
        found = next((w for w in self.workflows if w.repository == repository and w.file == file), None)
        if found is None:
            return problem(404, "Not Found")
        if self.old_enterprise and "return_run_details" in body:
            return problem(400, 'Invalid request. "return_run_details" is not a permitted key.')
        inputs = body.get("inputs") or {}
        unexpected = sorted(set(inputs) - set(found.inputs or ()))
        if found.inputs is None or unexpected:
            words = f"Unexpected inputs provided: {json.dumps(unexpected)}"
            return problem(422, words if found.inputs is not None else "Workflow does not have 'workflow_dispatch'")
        correlation = next((value for name, value in inputs.items() if "correlation" in name), None)
        title = f"logloop {correlation}" if found.echo and correlation else found.file
        run = self._start(found, "workflow_dispatch", title, inputs)
        always = request.headers["x-github-api-version"] == "2026-03-10"
        if not (always or body.get("return_run_details")):
            return Response(status_code=204)
        url = f"{self.url}/repos/{repository}/actions/runs/{run.id}"
        html = f"https://github.example/{repository}/actions/runs/{run.id}"
        return answer(200, {"workflow_run_id": run.id, "run_url": url, "html_url": html})

    def _list_runs(self, request: Request, _: Any) -> Response:
        wanted, query = repository_of(request), request.query_params
        file = request.path_params.get("file")
        since = query.get("created", "").removeprefix(">=").replace("Z", "+00:00")
        rows = [
            run_json(self.url, run)
            for run in sorted(self.runs.values(), key=lambda run: -run.id)
            if run.repository == wanted
            and query.get("event") in (None, run.event)
            and (file is None or run.workflow.file == file)
            and (not since or run.created_at >= datetime.fromisoformat(since))
        ]
        if self.hide_runs:
            rows = []
        return answer(200, {"total_count": len(rows), "workflow_runs": page_of(request, rows)})

    def _get_run(self, request: Request, _: Any) -> Response:
        run = self.runs.get(int(request.path_params["run_id"]))
        if run is None or run.repository != repository_of(request):
            return problem(404, "Not Found")
        self._finish_when_due(run)
        return answer(200, run_json(self.url, run))

    def _cancel_run(self, request: Request, _: Any) -> Response:
        run = self.runs.get(int(request.path_params["run_id"]))
        if run is None or run.repository != repository_of(request):
            return problem(404, "Not Found")
        if run.status == "completed":
            return problem(409, "Cannot cancel a workflow run that is completed.")
        self.finish(run, "cancelled", run.jobs)
        return answer(202, {})

    def _rerun_failed_jobs(self, request: Request, _: Any) -> Response:
        run = self.runs.get(int(request.path_params["run_id"]))
        if run is None or run.repository != repository_of(request):
            return problem(404, "Not Found")
        if run.status != "completed":
            return problem(403, "This workflow is already running")
        run.attempt, run.status, run.conclusion, run.jobs = run.attempt + 1, "queued", None, []
        return answer(201, {})

    def _list_jobs(self, request: Request, _: Any) -> Response:
        run = self.runs[int(request.path_params["run_id"])]
        return answer(200, {"total_count": len(run.jobs), "jobs": [job_json(self.url, run, job) for job in run.jobs]})

    def _job_log(self, request: Request, _: Any) -> Response:
        job = self._job(request)
        if job is None or job.log is None:
            return problem(404, "Not Found")
        return Response(status_code=302, headers={"location": f"{self.url}/_blob/{job.id}?sig=signed"})

    def _blob(self, request: Request, _: Any) -> Response:
        job = self._job(request)
        if job is None or job.log is None or request.headers.get("authorization"):
            # Blob storage rejects requests with the credentials of another service.
            return Response(status_code=400)
        raw = job.log if isinstance(job.log, bytes) else job.log.encode()
        return Response(raw, media_type="text/plain")

    def _annotations(self, request: Request, _: Any) -> Response:
        job = self._job(request)
        if job is None:
            return problem(404, "Not Found")
        defaults = {"blob_href": "https://github.example/b", "end_line": 1, "start_column": None, "end_column": None}
        empty = {
            "title": None,
            "raw_details": None,
            "path": ".github",
            "start_line": 1,
            "annotation_level": "failure",
        }
        return answer(200, [{**defaults, **empty, **row} for row in job.annotations])

    def _get_repository(self, request: Request, _: Any) -> Response:
        repository = repository_of(request)
        if not self._exists(repository):
            return problem(404, "Not Found")
        return answer(200, repository_json(repository))

    def _get_commit(self, request: Request, _: Any) -> Response:
        if not self._exists(repository_of(request)) or request.path_params["ref"] != "main":
            return problem(404, "Not Found")
        return answer(200, commit_json(self.url, repository_of(request), self.head_of(repository_of(request))))

    def _get_contents(self, request: Request, _: Any) -> Response:
        repository, folder = repository_of(request), request.path_params["path"]
        text = self.files.get(repository, {}).get(folder)
        if text is not None:
            entry = entry_json(self.url, repository, folder, text)
            content = base64.b64encode(text.encode()).decode()
            return answer(200, {**entry, "encoding": "base64", "content": content})
        texts = self.texts.get(repository)
        if not texts or request.query_params.get("ref") != self.head_of(repository):
            return problem(404, "Not Found")
        return answer(
            200, [entry_json(self.url, repository, f"{folder}/{name}", text) for name, text in texts.items()]
        )

    def _get_blob(self, request: Request, _: Any) -> Response:
        for text in self.texts.get(repository_of(request), {}).values():
            if blob_sha(text) == request.path_params["sha"]:
                return answer(200, blob_json(self.url, repository_of(request), text))
        return problem(404, "Not Found")

    def _rate_limit(self, _: Request, __: Any) -> Response:
        return answer(200, {"resources": {}, "rate": {"limit": 5000, "remaining": self.remaining}})

    def _app_itself(self, _: Request, __: Any) -> Response:
        return answer(200, app_json(self.url, "Logloop"))

    def _get_installation(self, request: Request, _: Any) -> Response:
        return answer(200, {"id": int(request.path_params["installation"]), "app_slug": "logloop"})

    def _ask_for_app(self, request: Request, body: bytes) -> Response:
        return self.apps.ask(request, body)

    def _convert(self, request: Request, _: Any) -> Response:
        return self.apps.convert(request, self.url)

    def _installations(self, _: Request, __: Any) -> Response:
        return self.apps.list_installations(self.url)

    def _installation_repositories(self, request: Request, _: Any) -> Response:
        names = sorted({name for item in self.apps.installations for name in item.repositories})
        rows = page_of(request, [minimal_repository_json(name) for name in names])
        return answer(200, {"total_count": len(names), "repositories": rows})

    def _user_repositories(self, request: Request, _: Any) -> Response:
        names = sorted({workflow.repository for workflow in self.workflows})
        return answer(200, page_of(request, [minimal_repository_json(name) for name in names]))

    def _installation(self, _: Request, __: Any) -> Response:
        return answer(200, {"id": 4242})

    def _access_token(self, _: Request, __: Any) -> Response:
        token = f"ghs_{uuid.uuid4().hex}"
        self.installation_tokens.add(token)
        expires = datetime.fromtimestamp(time.time() + 3600, UTC)
        return answer(201, {"token": token, "expires_at": moment_text(expires), "permissions": {"contents": "write"}})

    # --- helpers ----------------------------------------------------------------------------------------------

    def _exists(self, repository: str) -> bool:
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
            jobs = self.jobs_for(run)
            self.finish(run, "failure" if any(job.conclusion == "failure" for job in jobs) else "success", jobs)

    def _job(self, request: Request) -> FakeJob | None:
        wanted = int(request.path_params["job_id"])
        return next((job for run in self.runs.values() for job in run.jobs if job.id == wanted), None)


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
