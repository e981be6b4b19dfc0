"""Reads the workflow files of the projects' repositories from GitHub: after a push, and from time to time."""

import asyncio
from datetime import timedelta

from logloop_chassis.background import repeat
from logloop_chassis.http.problems import Conflict
from logloop_chassis.ids import utc_now

from logloop_ci_bridge.dispatches.pipelines import Pipeline
from logloop_ci_bridge.github.gateway import GatewayOf, GitHubRejected, GitHubUnavailable
from logloop_ci_bridge.project_turns import IDLE_S, WORKERS, ProjectTurns
from logloop_ci_bridge.record_store import RecordStore
from logloop_ci_bridge.workflows.drafts import FileOrigin
from logloop_ci_bridge.workflows.store import StoredText, WatchedRepository, WorkflowStore
from logloop_ci_bridge.workflows.sync import WorkflowSync


class WorkflowReader:
    """Reads one repository of a project at a time."""

    def __init__(
        self,
        store: WorkflowStore,
        sync: WorkflowSync,
        pipelines: RecordStore[Pipeline],
        gateway_of: GatewayOf,
        *,
        poll_s: float,
    ) -> None:
        self._store = store
        self._sync = sync
        self._pipelines = pipelines
        self._gateway_of = gateway_of
        self._poll = timedelta(seconds=poll_s)
        self._turns = ProjectTurns()
        self._listed = False
        self.wake = asyncio.Event()

    async def run(self, stopping: asyncio.Event) -> None:
        """Read repositories until the service stops."""
        await repeat(self.step, "workflow reader", stopping, idle_s=IDLE_S, wake=self.wake, workers=WORKERS)

    async def watch(self, project_id: str, repository: str) -> None:
        """Read a repository now."""
        await self._store.watch(project_id, repository)
        self.wake.set()

    async def step(self) -> bool:
        """Read one repository that is due. Return False when there was none."""
        if not self._listed:
            self._listed = True  # pipelines from before the first start of this version
            for pipeline in await self._pipelines.all({}):
                await self._store.watch(pipeline.project_id, pipeline.repository)
        async with self._turns.next(
            lambda busy: self._store.claim(utc_now(), self._poll, busy), lambda watched: watched.project_id
        ) as watched:
            if watched is not None:
                await self._read(watched)
        return watched is not None

    async def _read(self, watched: WatchedRepository) -> None:
        project_id, repository = watched.project_id, watched.repository
        if not await self._pipelines.count({"project_id": project_id, "repository": repository}):
            await self._sync.apply(project_id, FileOrigin(repository, "repository"), {})
            await self._store.unwatch(project_id, repository)
            return
        stored = await self._store.texts(project_id, repository)
        known = {item.blob: item.text for item in stored.values() if item.blob}
        try:
            gateway = await self._gateway_of(project_id, False)
            if not gateway.live:
                return
            folder = await gateway.workflows(repository, watched.commit, known)
            if folder is None:
                await self._store.read_result(watched, commit=watched.commit, error=None)
                return
            texts = {path: StoredText(file.text, file.blob) for path, file in folder.files.items()}
            await self._sync.apply(project_id, FileOrigin(repository, "repository", folder.commit), texts)
        except (GitHubUnavailable, GitHubRejected, Conflict) as error:
            await self._store.read_result(watched, commit=None, error=str(error))
            return
        await self._store.read_result(watched, commit=folder.commit, error=None)
