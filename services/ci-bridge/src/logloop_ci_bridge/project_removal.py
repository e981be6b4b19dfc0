"""Removes what ci-bridge keeps of a deleted project.

It must not touch what a new project of the same id has created since. Each step may be repeated.
"""

from datetime import datetime

from logloop_ci_bridge.dispatches.pipelines import Pipeline
from logloop_ci_bridge.dispatches.store import DispatchStore
from logloop_ci_bridge.dispatches.templates import Template
from logloop_ci_bridge.query_client import QueryApi
from logloop_ci_bridge.record_store import Records
from logloop_ci_bridge.rules.active_rules import RuleBook
from logloop_ci_bridge.rules.rule import Rule
from logloop_ci_bridge.runs.store import RunStore


class ProjectRemoval:
    """Knows every store that holds something of a project."""

    def __init__(
        self,
        templates: Records[Template],
        pipelines: Records[Pipeline],
        rules: Records[Rule],
        dispatches: DispatchStore,
        runs: RunStore,
        book: RuleBook,
        query: QueryApi,
    ) -> None:
        # Rules go first: without its rule nothing fires, and the state of a rule goes once the rule is gone.
        self._stores = (rules, pipelines, templates, dispatches, runs)
        self._book = book
        self._query = query

    async def remove(self, project_id: str, until: datetime) -> None:
        """Delete everything that was there at a moment, and what this process remembers."""
        for store in self._stores:
            await store.remove_project(project_id, until)
        self._book.forget(project_id)
        self._query.forget(project_id)
