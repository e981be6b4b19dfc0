"""The parts of a running ci-bridge as routes and consumers find them.

It must not create them; `app` does.
"""

import asyncio
from dataclasses import dataclass, field

from logloop_ci_bridge.dispatches.dispatcher import Dispatcher
from logloop_ci_bridge.dispatches.pipelines import Pipeline
from logloop_ci_bridge.dispatches.store import DispatchStore
from logloop_ci_bridge.dispatches.templates import Template
from logloop_ci_bridge.github.webhooks import Webhooks
from logloop_ci_bridge.project_removal import ProjectRemoval
from logloop_ci_bridge.query_client import QueryApi
from logloop_ci_bridge.record_store import Records
from logloop_ci_bridge.rules.active_rules import RuleBook
from logloop_ci_bridge.rules.evaluator import Watching
from logloop_ci_bridge.rules.firing import Evaluations
from logloop_ci_bridge.rules.rule import Rule
from logloop_ci_bridge.runs.store import RunStore
from logloop_ci_bridge.runs.tracker import Following

BACK_TESTS = 2
"""Back-tests at once: each may evaluate 200,000 logs, in the process that watches for all projects."""


@dataclass(frozen=True)
class Bridge:
    """Everything one instance works with."""

    templates: Records[Template]
    pipelines: Records[Pipeline]
    rules: Records[Rule]
    dispatches: DispatchStore
    runs: RunStore
    query: QueryApi
    book: RuleBook
    evaluations: Evaluations
    watching: Watching
    dispatcher: Dispatcher
    following: Following
    webhooks: Webhooks
    removal: ProjectRemoval
    back_tests: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(BACK_TESTS))
