"""The records half of query: everything but logs. Opens its use cases.

It must not hold a rule of any use case.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import structlog
from fastapi import FastAPI
from logloop_chassis.auth.principal import Principal
from logloop_chassis.crypto import KeyHasher, SecretBox
from logloop_chassis.messaging.consuming import subscribe
from logloop_chassis.outbound.egress import EgressGuard
from logloop_chassis.settings import is_loopback
from logloop_chassis.state import Resources
from logloop_contracts.channels import QUERY_ANALYSES
from pymongo.errors import PyMongoError

from logloop_query.analyses.analyses import Analyses
from logloop_query.analyses.consumer import PREFETCH, analysis_handler
from logloop_query.analyses.progress import AnalysisProgressKeeper, Watchers
from logloop_query.analyses.store import AnalysisEventStore, AnalysisStore
from logloop_query.catalogue.deletion_event import deletion_news
from logloop_query.catalogue.metrics import Metrics
from logloop_query.catalogue.projects import Projects
from logloop_query.catalogue.services_and_tests import BLANK_SERVICE, BLANK_TEST, Catalogue
from logloop_query.catalogue.stores.metrics import MetricStore, PointStore
from logloop_query.catalogue.stores.projects import ProjectStore
from logloop_query.identity.accounts import Accounts
from logloop_query.identity.api_keys import ApiKeys
from logloop_query.identity.first_start import FirstStart, Seeding
from logloop_query.identity.passwords import Passwords
from logloop_query.identity.sessions import Sessions
from logloop_query.identity.stores.api_keys import ApiKeyStore
from logloop_query.identity.stores.sessions import AttemptStore, SessionStore
from logloop_query.identity.stores.users import UserStore
from logloop_query.identity.throttle import Throttle
from logloop_query.logs.outcomes import Outcomes
from logloop_query.ports import LogsApi
from logloop_query.providers.check import ProviderCheck
from logloop_query.providers.settings import ProviderSettings
from logloop_query.providers.store import SettingsStore
from logloop_query.records.audit import AuditTrail
from logloop_query.records.audit_store import AuditStore
from logloop_query.records.store import ProjectRecords

_log = structlog.get_logger()


@dataclass
class Records:
    """The use cases that handlers call, and what the storage half calls (`logs_api.RecordsApi`)."""

    projects: Projects
    services: Catalogue
    tests: Catalogue
    accounts: Accounts
    sessions: Sessions
    api_keys: ApiKeys
    metrics: Metrics
    settings: ProviderSettings
    provider_check: ProviderCheck
    analyses: Analyses
    progress: AnalysisProgressKeeper
    streams: "Streams"
    audit: AuditTrail
    audit_store: AuditStore
    background: "Background"

    async def on_seen(
        self, project_id: str, services: AbstractSet[str], tests: AbstractSet[str], at: datetime
    ) -> None:
        """Register services and tests whose logs were stored. Idempotent; quick for what is known."""
        if not await self.projects.known(project_id):
            return  # its last logs arrive after it was deleted
        await self.services.seen(project_id, services, at)
        await self.tests.seen(project_id, tests, at)

    async def on_tests_ended(self, project_id: str, outcomes: Sequence[Outcomes]) -> None:
        """Outcomes of tests were stored among the logs."""
        if outcomes and await self.projects.known(project_id):
            await self.tests.ran(project_id, outcomes)

    async def retention_days(self, project_id: str) -> int:
        """Days that a project keeps its logs."""
        return await self.projects.retention_days(project_id)

    async def on_keys_used(self, key_ids: Iterable[str], at: datetime) -> None:
        """API keys were used elsewhere, as the header x-key-ids of stored logs tells."""
        due = self.api_keys.due(key_ids)
        if due:
            await self.api_keys.note_use(due, at)

    def note_caller(self, principal: Principal) -> None:
        """Somebody called this service: move the last use of the key, or the idle end of the session."""
        if principal.kind == "key":
            due = self.api_keys.due([principal.id])
            if due:
                self.background.spawn(self.api_keys.note_use(due, datetime.now().astimezone()))
        elif principal.session_id is not None and self.sessions.due(principal.session_id):
            self.background.spawn(self.sessions.extend(principal.session_id))


class Indexed(Protocol):
    """A store that knows its indexes."""

    async def ensure_indexes(self) -> None:
        """Create what is missing."""


@dataclass
class Streams:
    """How many event streams this process serves."""

    open: int = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """Count a stream while it is open."""
        self.open += 1
        try:
            yield
        finally:
            self.open -= 1


@dataclass
class Background:
    """Owner of small writes that nobody waits for; they end before the service does."""

    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a write; an outage of the database only costs this note."""
        task = asyncio.create_task(_quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self) -> None:
        """Wait for what is running."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5)


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except PyMongoError as error:
        _log.warning("could not note a use", error=str(error)[:200])


@asynccontextmanager
async def open_records(
    resources: Resources[Any], app: FastAPI, first_start: FirstStart | None = None
) -> AsyncIterator[Records]:
    """Indexes, the first start, background work; `app.state.records` for the handlers."""
    records, stores, seeding = _build(resources, lambda: getattr(app.state, "logs", None))
    await asyncio.gather(*(store.ensure_indexes() for store in stores))
    await seeding.run(first_start or FirstStart())
    app.state.records = records
    resources.authenticator.on_use = records.note_caller
    subscribe(
        resources.consumer,
        QUERY_ANALYSES,
        analysis_handler(records.progress),
        resources.publisher,
        prefetch=PREFETCH,
    )
    loops = [
        asyncio.create_task(records.projects.run_deletions(resources.stopping), name="project-deletions"),
        asyncio.create_task(records.analyses.run_sweeps(resources.stopping), name="analysis-sweeps"),
    ]
    try:
        yield records
    finally:
        resources.stopping.set()
        records.projects.stop()
        await asyncio.wait(loops, timeout=10)
        for loop in loops:
            loop.cancel()
        await records.background.finish()


def _build(resources: Resources[Any], logs: Callable[[], LogsApi | None]) -> tuple[Records, list["Indexed"], Seeding]:
    database, authenticator, options = resources.database, resources.authenticator, resources.settings
    secret_key = options.secret_key.get_secret_value()
    users, projects, keys = UserStore(database), ProjectStore(database), ApiKeyStore(database)
    services, tests = ProjectRecords(database, "services"), ProjectRecords(database, "tests")
    metrics, points, settings = MetricStore(database), PointStore(database), SettingsStore(database)
    session_store, attempts, audit_store = SessionStore(database), AttemptStore(database), AuditStore(database)
    analyses, events = AnalysisStore(database), AnalysisEventStore(database)
    keeper = AnalysisProgressKeeper(analyses, events, Watchers())
    audit, passwords, sessions = AuditTrail(audit_store), Passwords(), Sessions(session_store, authenticator)
    guard = EgressGuard(options.egress_allow, loopback=is_loopback(options.host))
    project_rules = Projects(projects, authenticator, audit, logs)
    records = Records(
        projects=project_rules,
        services=Catalogue("service", BLANK_SERVICE, services, project_rules, audit),
        tests=Catalogue("test", BLANK_TEST, tests, project_rules, audit),
        accounts=Accounts(users, projects, sessions, passwords, Throttle(attempts), authenticator, audit),
        sessions=sessions,
        api_keys=ApiKeys(keys, projects, KeyHasher(secret_key), authenticator, audit),
        metrics=Metrics(metrics, points, project_rules, audit),
        settings=ProviderSettings(settings, SecretBox(secret_key), guard, project_rules, audit),
        provider_check=ProviderCheck(guard),
        analyses=Analyses(analyses, events, keeper, project_rules, resources.publisher, audit),
        progress=keeper,
        streams=Streams(),
        audit=audit,
        audit_store=audit_store,
        background=Background(),
    )
    project_rules.owns(
        doors=[records.api_keys.remove_all, users.leave_project],
        records=[
            services.remove_all,
            tests.remove_all,
            records.metrics.remove_all,
            records.settings.remove_all,
            records.analyses.remove_all,
            deletion_news(resources.publisher),
        ],
    )
    stores: list[Indexed] = [users, projects, keys, services, tests, metrics, points, settings]
    stores += [analyses, events, session_store, attempts, audit_store]
    return records, stores, Seeding(users, projects, records.api_keys, passwords, audit)
