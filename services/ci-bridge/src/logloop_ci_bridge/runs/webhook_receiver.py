"""Receives GitHub's webhooks: finds the projects they belong to, checks signatures and stores the state of runs."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from logloop_chassis.http.problems import BadRequest, Unauthorized, Unavailable
from logloop_chassis.ids import utc_now

from logloop_ci_bridge.dispatches.pipelines import Pipeline
from logloop_ci_bridge.dispatches.store import DispatchStore
from logloop_ci_bridge.github.gateway import GitHubUnavailable
from logloop_ci_bridge.github.signatures import signature_is_valid
from logloop_ci_bridge.github.workflow_runs import ReportedRun, parse_run
from logloop_ci_bridge.query_client import QueryClient
from logloop_ci_bridge.record_store import RecordStore
from logloop_ci_bridge.runs.run import Run, owner_fields, run_of
from logloop_ci_bridge.runs.store import RunStore
from logloop_ci_bridge.telemetry import WEBHOOKS

MAX_BODY_BYTES = 2 * 2**20
_EVENT_LABELS = ("workflow_run", "push", "workflow_job", "ping", "repository_dispatch", "check_run")


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    """One webhook request."""

    id: str
    event: str
    signature: str | None
    body: bytes


class WebhookReceiver:
    """Checks and applies webhook deliveries.

    Until the signature is checked, only the name of the repository is read: it selects the secrets to check with.
    """

    def __init__(
        self,
        query: QueryClient,
        pipelines: RecordStore[Pipeline],
        dispatches: DispatchStore,
        runs: RunStore,
        wake: Callable[[], None],
        on_push: Callable[[str, str], Awaitable[None]],
    ) -> None:
        self._query = query
        self._pipelines = pipelines
        self._dispatches = dispatches
        self._runs = runs
        self._wake = wake
        self._on_push = on_push

    async def receive(self, delivery: WebhookDelivery) -> str:
        """Apply a delivery and return its outcome: accepted, ignored or repeated.

        A delivery is marked as seen after its effect, so that one cut off by a crash is applied when GitHub
        redelivers it. Raises BadRequest, Unauthorized or Unavailable.
        """
        payload, repository = _parse(delivery)
        if repository is None:
            # An event of an organisation, an App or an account. Nothing is done, so no signature needs to be checked.
            WEBHOOKS.labels(_event_label(delivery.event), "ignored").inc()
            return "ignored"
        projects = await self._projects_that_signed(repository, delivery)
        if not projects:
            WEBHOOKS.labels("unknown", "refused").inc()
            raise Unauthorized("the signature matches no project that uses this repository")
        outcomes = []
        for project_id in sorted(projects):
            if not await self._runs.delivery_is_new(delivery.id, project_id):
                outcomes.append("repeated")
                continue
            outcomes.append(await self._apply(project_id, delivery.event, payload, repository))
            await self._runs.delivery_done(delivery.id, project_id, delivery.event)
        outcome = next((word for word in ("accepted", "ignored") if word in outcomes), outcomes[0])
        WEBHOOKS.labels(_event_label(delivery.event), outcome).inc()
        return outcome

    async def _projects_that_signed(self, repository: str, delivery: WebhookDelivery) -> frozenset[str]:
        """Return the projects that use the repository and whose secret made the signature."""
        candidates = set(await self._pipelines.projects({"repository": repository}))
        candidates |= await self._dispatches.projects_of(repository)
        found = set()
        for project_id in candidates:
            try:
                credentials = await self._query.credentials(project_id)
            except GitHubUnavailable as error:
                raise Unavailable("the project's settings cannot be read; redeliver it later") from error
            secret = credentials.webhook_secret if credentials else None
            if secret and signature_is_valid(secret.get_secret_value(), delivery.body, delivery.signature):
                found.add(project_id)
        return frozenset(found)

    async def _apply(self, project_id: str, event: str, payload: Mapping[str, Any], repository: str) -> str:
        if event == "push" and _is_default_branch(payload):
            await self._on_push(project_id, repository)
            return "accepted"
        if event != "workflow_run":
            return "ignored"
        try:
            reported = parse_run(payload["workflow_run"], repository)
        except (KeyError, ValueError, TypeError) as error:
            # Missing or wrongly typed parts.
            raise BadRequest("the workflow_run of this delivery cannot be read") from error
        run = await self._owned_run(project_id, reported)
        if run is None:
            self._wake()  # It may be the run of a dispatch whose workflow does not show the correlation id.
            return "ignored"
        await self._runs.advance(run, utc_now())
        if run.dispatch_id is not None:
            await self._runs.adopt(project_id, run.run_id, owner_fields(run))
            await self._dispatches.link(run.dispatch_id, run_id=run.run_id, run_url=run.url, guessed=run.guessed)
        self._wake()
        return "accepted"

    async def _owned_run(self, project_id: str, reported: ReportedRun) -> Run | None:
        """Return the run of the dispatch that started it, or of a pipeline that collects every run."""
        title = reported.title or ""
        dispatch = await self._dispatches.of_run(project_id, reported.run_id, title)
        if dispatch is not None:
            guessed = dispatch.guessed and dispatch.correlation_id not in title
            return run_of(dispatch, reported, guessed=guessed)
        collecting = {"project_id": project_id, "repository": reported.repository, "collect_logs": "all"}
        for pipeline in await self._pipelines.all(collecting):
            if pipeline.workflow in (None, reported.workflow):
                return Run(
                    **reported.model_dump(),
                    project_id=project_id,
                    pipeline_id=pipeline.id,
                    service_id=pipeline.service_id,
                )
        return None


def _is_default_branch(payload: Mapping[str, Any]) -> bool:
    return bool(payload.get("ref") == f"refs/heads/{payload['repository'].get('default_branch')}")


def _event_label(event: str) -> str:
    """The event as a metric label, from a fixed set: the sender chooses the header."""
    return event if event in _EVENT_LABELS else "other"


def _parse(delivery: WebhookDelivery) -> tuple[Mapping[str, Any], str | None]:
    """Return the payload, and the repository that it is about, if there is one. Raises BadRequest or Unauthorized."""
    if not delivery.id or not delivery.event:
        raise BadRequest("a GitHub webhook needs the headers X-GitHub-Delivery and X-GitHub-Event")
    if delivery.signature is None:
        raise Unauthorized("unsigned webhook; set the same secret in GitHub and in the project's settings")
    try:
        payload = orjson.loads(delivery.body)
        if not isinstance(payload, dict):
            raise TypeError(type(payload).__name__)
        about = payload.get("repository")
        repository = about["full_name"] if about is not None else None
        if not isinstance(repository, str | None):
            raise TypeError(type(repository).__name__)
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise BadRequest("this is not a webhook of GitHub; send it as application/json") from error
    return payload, repository
