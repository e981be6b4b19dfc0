"""Builds the use cases of query and runs their background work."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Protocol

import structlog
from logloop_chassis.auth.authenticator import Authenticator
from logloop_chassis.background import BackgroundWrites, running
from logloop_chassis.clock import CLOCK
from logloop_chassis.crypto import KeyHasher, SecretBox
from logloop_chassis.database.client import Database, connect
from logloop_chassis.database.outages import wait_out_outages
from logloop_chassis.ids import new_id
from logloop_chassis.messaging.consuming import subscribe
from logloop_chassis.outbound.egress import EgressGuard
from logloop_chassis.state import Resources
from logloop_contracts.channels import QUERY_ANALYSES, QUERY_LOGS
from pymongo.errors import PyMongoError

from logloop_query.analyses.analyses import Analyses
from logloop_query.analyses.consumer import PREFETCH, analysis_handler
from logloop_query.analyses.event_feed import AnalysisEventFeed, AnalysisSubscribers
from logloop_query.analyses.progress import ProgressRecorder
from logloop_query.analyses.store import AnalysisEventStore, AnalysisStore
from logloop_query.catalogue.entries import EMPTY_SERVICE, EMPTY_TEST, CatalogueEntries, CatalogueRegistry
from logloop_query.catalogue.metrics import Metrics
from logloop_query.catalogue.project_deletion import ProjectDeletion, deletion_publisher
from logloop_query.catalogue.projects import Projects
from logloop_query.catalogue.stores.metrics import MetricStore, PointStore
from logloop_query.catalogue.stores.projects import ProjectStore
from logloop_query.identity.api_keys import ApiKeys
from logloop_query.identity.assembly import Identity, IdentityStores, Surroundings, assemble_identity
from logloop_query.identity.first_start import FirstStart
from logloop_query.identity.members import Members
from logloop_query.identity.passwords import Passwords
from logloop_query.identity.stores.api_keys import ApiKeyStore
from logloop_query.identity.stores.sessions import AttemptStore, SessionStore
from logloop_query.identity.stores.sign_in import PendingStore, SignInSettingsStore
from logloop_query.identity.stores.users import UserStore
from logloop_query.identity.usage import UsageRecorder
from logloop_query.logs.compaction import Compaction
from logloop_query.logs.consumer import log_batch_handler
from logloop_query.logs.edits import LogEdits
from logloop_query.logs.export import Export
from logloop_query.logs.live_batches import TransientQueue
from logloop_query.logs.patterns import PatternIndex
from logloop_query.logs.persister import Persister
from logloop_query.logs.recent_counts import RecentCounts
from logloop_query.logs.search.log_search import LogSearch, SearchLimits
from logloop_query.logs.stored_logs import StoredLogs
from logloop_query.logs.stores.idempotency_keys import IdempotencyKeys
from logloop_query.logs.stores.leases import LeaseStore
from logloop_query.logs.stores.pattern_edits import PatternEditStore
from logloop_query.logs.stores.patterns import PatternStore
from logloop_query.logs.stores.segments import SegmentStore, SnapshotTooOld
from logloop_query.logs.tail import Tails
from logloop_query.logs.templates import Templates
from logloop_query.overview import ProjectOverview
from logloop_query.pattern_edits import PatternEditing
from logloop_query.ports import LogStorage
from logloop_query.providers.checks import ProviderChecks
from logloop_query.providers.settings import ProviderSettings
from logloop_query.providers.store import SettingsStore
from logloop_query.query_services import LogServices, QueryServices, RecordServices
from logloop_query.records.audit import AuditTrail
from logloop_query.records.audit_store import AuditStore
from logloop_query.records.store import RecordStore
from logloop_query.saved_views.saved_views import SavedViews
from logloop_query.saved_views.store import SavedViewStore
from logloop_query.settings import FirstStartSettings, QuerySettings
from logloop_query.stream_slots import StreamSlots
from logloop_query.test_runs.runs import TestRuns
from logloop_query.test_runs.store import TestRunStore

MAX_ANALYSIS_STREAMS = 500
MAX_EXPORTS = 8
_PERSIST_THREADS = 2
_log = structlog.get_logger()


class HasIndexes(Protocol):
    """A store."""

    async def ensure_indexes(self) -> None:
        """Create missing indexes."""


async def ensure_indexes(database: Database, stores: Sequence[HasIndexes]) -> None:
    """Create the indexes of stores; waits while MongoDB is unavailable."""

    async def create() -> None:
        await asyncio.gather(*(store.ensure_indexes() for store in stores))
        await CLOCK.ensure_measured(database)  # before anything with a deadline is stored

    await wait_out_outages(create, "create indexes")


@asynccontextmanager
async def open_services(resources: Resources[QuerySettings]) -> AsyncIterator[QueryServices]:
    """Open all of query. On exit, running writes finish first, then the statistics of patterns are flushed."""
    logs = LogParts(resources)
    async with AsyncExitStack() as stack:
        stack.callback(logs.search.close)
        await ensure_indexes(resources.database, [logs.segments, logs.patterns])
        await stack.enter_async_context(running("search warm-up", _warm_up(logs)))
        records = await stack.enter_async_context(open_records(resources, logs.stored))
        await _start_storing(stack, resources, logs, records)
        await _start_tails(stack, resources, logs)
        yield QueryServices(records, logs.services)


class LogParts:
    """The parts of log storage and search, not yet running."""

    def __init__(self, resources: Resources[QuerySettings]) -> None:
        settings = resources.settings
        self.segments = SegmentStore(resources.database)
        self.patterns = PatternStore(resources.database)
        self.index = PatternIndex(self.patterns)
        keys = IdempotencyKeys(resources.database)
        self.stored = StoredLogs(self.segments, self.patterns, self.index, keys)
        self.search = LogSearch(self.segments, _limits(settings))
        self.live_queue = TransientQueue(settings.amqp_url.get_secret_value())
        threads, caches, limit = self.search.threads, self.search.caches, settings.search_max_seconds
        self.services = LogServices(
            search=self.search,
            edits=LogEdits(self.segments, threads, caches, segment_seconds=limit),
            export=Export(self.segments, threads, caches, segment_seconds=limit),
            exports=StreamSlots("exports", MAX_EXPORTS, retry_after=30),
            tails=Tails(self.live_queue, threads, most=settings.tail_clients),
            patterns=self.patterns,
            templates=Templates(self.patterns, PatternEditStore(resources.database), threads),
            recent=RecentCounts(self.search),
            stored=self.stored,
        )


def _limits(settings: QuerySettings) -> SearchLimits:
    return SearchLimits(
        max_bytes=settings.search_max_bytes,
        max_seconds=settings.search_max_seconds,
        concurrency=settings.search_concurrency,
        threads=settings.search_threads,
    )


async def _warm_up(logs: LogParts) -> None:
    try:
        await logs.search.warm_up(await logs.segments.project_ids())
    except (PyMongoError, SnapshotTooOld) as error:
        _log.info("search warm-up failed, first searches read more", error=str(error)[:200])


async def _start_storing(
    stack: AsyncExitStack, resources: Resources[QuerySettings], logs: LogParts, records: RecordServices
) -> None:
    """Consume log batches, write them, and compact segments. The order of the stack is the order of shutdown."""
    settings, stopping = resources.settings, resources.stopping
    executor = ThreadPoolExecutor(_PERSIST_THREADS, thread_name_prefix="persist")
    stack.callback(executor.shutdown, wait=False)
    persister = Persister(
        logs.segments,
        records.registry,
        records.projects,
        logs.index,
        executor,
        linger_s=settings.persist_linger,
        max_logs=settings.persist_logs,
        max_messages=max(1, settings.prefetch // 2),
    )
    leases, interval = LeaseStore(resources.database), settings.compaction_interval
    compaction = Compaction(logs.segments, leases, logs.index, executor, holder=new_id(), interval_s=interval)
    stack.push_async_callback(logs.index.flush)
    stack.push_async_callback(persister.close)
    await stack.enter_async_context(running("persister", persister.run()))
    await stack.enter_async_context(running("pattern flush", logs.index.run(stopping), stopping=stopping))
    await stack.enter_async_context(running("compaction", compaction.run(stopping)))
    handler = log_batch_handler(persister, records.usage)
    subscribe(resources.consumer, QUERY_LOGS, handler, resources.publisher, prefetch=settings.prefetch)


async def _start_tails(stack: AsyncExitStack, resources: Resources[QuerySettings], logs: LogParts) -> None:
    tails = logs.services.tails
    logs.live_queue.offer = tails.offer
    stack.push_async_callback(logs.live_queue.close)
    await stack.enter_async_context(running("live tails", tails.run()))
    await stack.enter_async_context(running("live tails stop", tails.close_when(resources.stopping)))


@asynccontextmanager
async def open_records(
    resources: Resources[QuerySettings], logs: LogStorage, first_start: FirstStartSettings | None = None
) -> AsyncIterator[RecordServices]:
    """Open the use cases of records: create indexes, run the first start, consume events, run background work."""
    stores = RecordStores(resources.database)
    passwords, writes = Passwords(), BackgroundWrites()
    await ensure_indexes(resources.database, stores.all)
    services, recorder = _build_records(resources, stores, logs, passwords, writes)
    secret_key = resources.settings.secret_key.get_secret_value()
    first = FirstStart(stores.users, stores.projects, services.api_keys, passwords, services.audit, secret_key)
    await first.run(first_start or FirstStartSettings())
    resources.authenticator.on_use = services.usage.record_caller
    subscribe(resources.consumer, QUERY_ANALYSES, analysis_handler(recorder), resources.publisher, prefetch=PREFETCH)
    stopping = resources.stopping
    async with AsyncExitStack() as stack:
        stack.push_async_callback(writes.finish)
        for name, work in (
            ("project deletion", services.project_deletion.run(stopping)),
            ("analysis sweep", services.analyses.run_sweeps(stopping)),
        ):
            await stack.enter_async_context(running(name, work, stopping=stopping))
        yield services


@asynccontextmanager
async def open_identity(settings: QuerySettings) -> AsyncIterator[Identity]:
    """Open users and signing in alone, for a command that runs beside the service."""
    async with connect(settings.mongo_url.get_secret_value(), app_name="query-command") as client:
        database = client[settings.mongo_database]
        authenticator = Authenticator(database, settings.secret_key.get_secret_value())
        stores = RecordStores(database)
        yield _identity(settings, stores, Passwords(), authenticator, AuditTrail(stores.audit))


def _identity(
    settings: QuerySettings,
    stores: "RecordStores",
    passwords: Passwords,
    authenticator: Authenticator,
    audit: AuditTrail,
) -> Identity:
    around = Surroundings(
        secret_key=settings.secret_key.get_secret_value(),
        public_url=settings.public_url,
        given_provider=settings.given_provider(),
        guard=EgressGuard(settings.egress_allow, loopback=settings.is_local),
        authenticator=authenticator,
        audit=audit,
        delete_owned=stores.saved_views.delete_of_user,
    )
    identity_stores = IdentityStores(
        stores.users,
        stores.projects,
        stores.sessions,
        stores.attempts,
        stores.pending_sign_ins,
        stores.sign_in_settings,
    )
    return assemble_identity(identity_stores, passwords, around)


class RecordStores:
    """The stores of records."""

    def __init__(self, database: Database) -> None:
        self.users = UserStore(database)
        self.projects = ProjectStore(database)
        self.api_keys = ApiKeyStore(database)
        self.services = RecordStore(database, "services")
        self.tests = RecordStore(database, "tests")
        self.metrics = MetricStore(database)
        self.points = PointStore(database)
        self.settings = SettingsStore(database)
        self.analyses = AnalysisStore(database)
        self.analysis_events = AnalysisEventStore(database)
        self.test_runs = TestRunStore(database)
        self.saved_views = SavedViewStore(database)
        self.pattern_edits = PatternEditStore(database)
        self.sessions = SessionStore(database)
        self.attempts = AttemptStore(database)
        self.pending_sign_ins = PendingStore(database)
        self.sign_in_settings = SignInSettingsStore(database)
        self.audit = AuditStore(database)

    @property
    def all(self) -> list[HasIndexes]:
        """Every store."""
        return list(vars(self).values())


def _build_records(
    resources: Resources[QuerySettings],
    stores: RecordStores,
    logs: LogStorage,
    passwords: Passwords,
    writes: BackgroundWrites,
) -> tuple[RecordServices, ProgressRecorder]:
    settings, authenticator, publisher = resources.settings, resources.authenticator, resources.publisher
    secret_key = settings.secret_key.get_secret_value()
    audit, subscribers = AuditTrail(stores.audit), AnalysisSubscribers()
    recorder = ProgressRecorder(stores.analyses, stores.analysis_events, subscribers)
    guard = EgressGuard(settings.egress_allow, loopback=settings.is_local)
    projects = Projects(stores.projects, authenticator, audit, logs)
    services = CatalogueEntries("service", EMPTY_SERVICE, stores.services, projects, audit)
    tests = CatalogueEntries("test", EMPTY_TEST, stores.tests, projects, audit)
    metrics = Metrics(stores.metrics, stores.points, projects, audit)
    counted = (stores.services, stores.tests, stores.metrics, stores.users, stores.api_keys)
    identity = _identity(settings, stores, passwords, authenticator, audit)
    api_keys = ApiKeys(stores.api_keys, stores.projects, KeyHasher(secret_key), authenticator, audit)
    provider_settings = ProviderSettings(stores.settings, SecretBox(secret_key), guard, projects, audit)
    analyses = Analyses(stores.analyses, stores.analysis_events, recorder, projects, logs, publisher, audit)
    saved_views, test_runs = SavedViews(stores.saved_views, projects, logs, audit), TestRuns(stores.test_runs)
    deletion = ProjectDeletion(
        stores.projects,
        authenticator,
        audit,
        access=[api_keys.delete_all, stores.users.remove_members],
        data=[
            *(owner.delete_all for owner in (stores.services, stores.tests, metrics, provider_settings)),
            *(owner.delete_all for owner in (analyses, saved_views, test_runs, stores.pattern_edits)),
            deletion_publisher(publisher),
            logs.delete_project_logs,
        ],
    )
    records = RecordServices(
        projects=projects,
        overview=ProjectOverview(projects, *counted),
        project_deletion=deletion,
        services=services,
        tests=tests,
        registry=CatalogueRegistry(services, tests, test_runs, authenticator),
        metrics=metrics,
        identity=identity,
        members=Members(stores.users, projects, identity.sessions, authenticator, audit),
        api_keys=api_keys,
        usage=UsageRecorder(api_keys, identity.sessions, writes),
        provider_settings=provider_settings,
        provider_checks=ProviderChecks(
            secret_key, analyzer_url=settings.analyzer_url, ci_bridge_url=settings.ci_bridge_url
        ),
        analyses=analyses,
        analysis_events=AnalysisEventFeed(stores.analyses, stores.analysis_events, subscribers),
        analysis_streams=StreamSlots("streams of analyses", MAX_ANALYSIS_STREAMS, retry_after=10),
        saved_views=saved_views,
        test_runs=test_runs,
        pattern_edits=PatternEditing(stores.pattern_edits, projects, audit),
        audit=audit,
    )
    return records, recorder
