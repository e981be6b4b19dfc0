"""Keeps the rules of workflow files in step with the files."""

import asyncio
from collections.abc import Mapping

import structlog
from logloop_contracts.workflow_files.file_conditions import read_workflow
from logloop_contracts.workflow_files.workflow_file import WorkflowFile

from logloop_ci_bridge.dispatches.pipelines import Pipeline
from logloop_ci_bridge.dispatches.templates import Template
from logloop_ci_bridge.record_store import RecordStore
from logloop_ci_bridge.rules.cycles import Surroundings
from logloop_ci_bridge.rules.evaluation.active_rules import ActiveRules
from logloop_ci_bridge.rules.evaluation.state_store import RuleStateStore
from logloop_ci_bridge.rules.rule import Rule
from logloop_ci_bridge.workflows.drafts import FileOrigin, ProjectRecords
from logloop_ci_bridge.workflows.plan import Plan, Planner, ProjectState, record_of, surroundings_of
from logloop_ci_bridge.workflows.store import StoredText, WorkflowStore

_log = structlog.get_logger()


class WorkflowSync:
    """Plans and carries out what workflow files change."""

    def __init__(
        self,
        store: WorkflowStore,
        rules: RecordStore[Rule],
        states: RuleStateStore,
        active: ActiveRules,
        pipelines: RecordStore[Pipeline],
        templates: RecordStore[Template],
    ) -> None:
        self._store = store
        self._rules = rules
        self._states = states
        self._active = active
        self._pipelines = pipelines
        self._templates = templates
        self._locks: dict[str, asyncio.Lock] = {}

    async def plan(self, project_id: str, where: FileOrigin, texts: Mapping[str, str]) -> Plan:
        """Return what the workflow files of a repository, by path, change. Nothing is stored."""
        files = await asyncio.to_thread(_read_all, texts)
        own = {"project_id": project_id}
        pipelines, templates = await self._pipelines.all(own), await self._templates.all(own)
        others = [item for item in await self._store.of_project(project_id) if item.repository != where.repository]
        records = [*others, *(record_of(project_id, file, where) for file in files)]
        state = ProjectState(project_id, ProjectRecords(pipelines, templates, records), await self._rules.all(own))
        return Planner(state, where).plan(files)

    async def apply(self, project_id: str, where: FileOrigin, texts: Mapping[str, StoredText]) -> Plan:
        """Make the rules of a repository those of its files. Raises Conflict when rules change at the same time."""
        async with self._locks.setdefault(project_id, asyncio.Lock()):
            plan = await self.plan(project_id, where, {path: stored.text for path, stored in texts.items()})
            for rule in plan.removed:
                await self._rules.delete(rule.id)
                await self._states.delete(rule.id)
            for rule, source in plan.kept:
                if source != rule.source:
                    await self._rules.annotate(rule.id, {"source": source.model_dump()})
            for rule, draft in plan.changed:
                await self._rules.replace(rule, draft)
            for draft in plan.created:
                await self._rules.create(project_id, draft)
            await self._store.replace(project_id, where.repository, [(file, texts[file.path]) for file in plan.files])
        if plan.created or plan.changed or plan.removed:
            self._active.forget(project_id)
            _log.info(
                "rules of workflow files changed",
                project_id=project_id,
                repository=where.repository,
                commit=where.commit,
                created=len(plan.created),
                changed=len(plan.changed),
                removed=len(plan.removed),
            )
        return plan

    async def refresh(self, project_id: str) -> None:
        """Plan the stored files of a project again, after its pipelines or templates have changed."""
        origins: dict[str, FileOrigin] = {}
        for file in await self._store.of_project(project_id):
            origins[file.repository] = FileOrigin(file.repository, file.origin, file.commit)
        for repository, where in origins.items():
            await self.apply(project_id, where, await self._store.texts(project_id, repository))

    async def surroundings(self, project_id: str) -> Surroundings:
        """Return what a rule of the project may start, for the check against cycles."""
        pipelines = await self._pipelines.all({"project_id": project_id})
        return surroundings_of(pipelines, await self._store.of_project(project_id))


def _read_all(texts: Mapping[str, str]) -> list[WorkflowFile]:
    return [read_workflow(path, text) for path, text in sorted(texts.items())]
