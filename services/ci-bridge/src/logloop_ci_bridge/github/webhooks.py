"""GitHub's webhooks: whose they are, whether they are genuine, and what they say about runs.

It must not believe a byte before the signature is checked, but for the repository's name that picks the secrets.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from logloop_chassis.http.problems import BadRequest, Unauthorized, Unavailable

from logloop_ci_bridge.dispatches.pipelines import Pipeline
from logloop_ci_bridge.dispatches.store import DispatchStore
from logloop_ci_bridge.github.gateway import GitHubAway
from logloop_ci_bridge.query_client import QueryApi
from logloop_ci_bridge.record_store import Records
from logloop_ci_bridge.runs.run import Run, SeenRun, read_run
from logloop_ci_bridge.runs.store import RunStore
from logloop_ci_bridge.runs.tracker import ownership, run_of
from logloop_ci_bridge.telemetry import WEBHOOKS
from logloop_ci_bridge.work_loops import utc_now

MAX_BODY_BYTES = 2 * 2**20
_PREFIX = "sha256="


def genuine(secret: str, body: bytes, signature: str | None) -> bool:
    """Whether X-Hub-Signature-256 fits the raw body; never for an empty secret. Constant time, on bytes."""
    if not secret or signature is None or not signature.startswith(_PREFIX):
        return False
    expected = _PREFIX + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogateescape"))


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook request."""

    id: str
    event: str
    signature: str | None
    body: bytes


class Webhooks:
    """Takes deliveries in."""

    def __init__(
        self,
        query: QueryApi,
        pipelines: Records[Pipeline],
        dispatches: DispatchStore,
        runs: RunStore,
        wake: Callable[[], None],
    ) -> None:
        self._query = query
        self._pipelines = pipelines
        self._dispatches = dispatches
        self._runs = runs
        self._wake = wake

    async def receive(self, delivery: Delivery) -> str:
        """Check and apply a delivery; the outcome in a word. Raises BadRequest, Unauthorized or Unavailable.

        A delivery is remembered after its effect, so that one cut off by a crash counts when it is sent again.
        """
        payload, repository = _parse(delivery)
        projects = await self._owners(repository, delivery)
        if not projects:
            WEBHOOKS.labels("unknown", "refused").inc()
            raise Unauthorized("the signature fits no project that works with this repository")
        outcomes = []
        for project_id in sorted(projects):
            if not await self._runs.delivery_is_new(delivery.id, project_id):
                outcomes.append("repeated")
                continue
            outcomes.append(await self._apply(project_id, delivery.event, payload, repository))
            await self._runs.delivery_done(delivery.id, project_id, delivery.event)
        outcome = next((word for word in ("accepted", "ignored") if word in outcomes), outcomes[0])
        WEBHOOKS.labels(_known(delivery.event), outcome).inc()
        return outcome

    async def _owners(self, repository: str, delivery: Delivery) -> frozenset[str]:
        """Projects that know the repository and whose secret made the signature."""
        candidates = set(await self._pipelines.projects({"repository": repository}))
        candidates |= await self._dispatches.projects_of(repository)
        found = set()
        for project_id in candidates:
            try:
                credentials = await self._query.credentials(project_id)
            except GitHubAway as error:
                raise Unavailable("the project's settings cannot be read; deliver it again") from error
            secret = credentials.webhook_secret if credentials else None
            if secret and genuine(secret.get_secret_value(), delivery.body, delivery.signature):
                found.add(project_id)
        return frozenset(found)

    async def _apply(self, project_id: str, event: str, payload: Mapping[str, Any], repository: str) -> str:
        if event != "workflow_run":
            return "ignored"
        try:
            seen = read_run(payload["workflow_run"], repository)
        except (KeyError, ValueError, TypeError) as error:
            raise BadRequest("this workflow_run has no readable run") from error
        run = await self._owned(project_id, seen)
        if run is None:
            self._wake()  # It may be the run of a dispatch whose workflow shows no correlation id.
            return "ignored"
        await self._runs.advance(run, utc_now())
        if run.dispatch_id is not None:
            await self._runs.adopt(project_id, run.run_id, ownership(run))
            await self._dispatches.link(run.dispatch_id, run_id=run.run_id, run_url=run.url, guessed=run.guessed)
        self._wake()
        return "accepted"

    async def _owned(self, project_id: str, seen: SeenRun) -> Run | None:
        """The run with whom it belongs to: a dispatch of ours, or a pipeline that collects every run."""
        dispatch = await self._dispatches.of_run(project_id, seen.run_id, seen.title or "")
        if dispatch is not None:
            guessed = dispatch.guessed and dispatch.correlation_id not in (seen.title or "")
            return run_of(dispatch, seen, guessed=guessed)
        everything = {"project_id": project_id, "repository": seen.repository, "collect_logs": "all"}
        for pipeline in await self._pipelines.all(everything):
            if pipeline.workflow in (None, seen.workflow):
                return Run(
                    **seen.model_dump(),
                    project_id=project_id,
                    pipeline_id=pipeline.id,
                    service_id=pipeline.service_id,
                )
        return None


def _known(event: str) -> str:
    """The event as a label: a short list, since the header is the sender's."""
    return event if event in ("workflow_run", "workflow_job", "ping", "repository_dispatch", "check_run") else "other"


def _parse(delivery: Delivery) -> tuple[Mapping[str, Any], str]:
    if not delivery.id or not delivery.event:
        raise BadRequest("a webhook of GitHub has X-GitHub-Delivery and X-GitHub-Event")
    if delivery.signature is None:
        raise Unauthorized("sign webhooks: set a secret in GitHub and in the project's settings")
    try:
        payload = orjson.loads(delivery.body)
        repository = str(payload["repository"]["full_name"])
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise BadRequest(
            "send the webhook as application/json, from a repository (an organisation's ping names none)"
        ) from error
    return payload, repository
