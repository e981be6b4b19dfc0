"""The use cases of query, as `wiring` builds them and HTTP handlers use them."""

from dataclasses import dataclass

from logloop_query.analyses.analyses import Analyses
from logloop_query.analyses.event_feed import AnalysisEventFeed
from logloop_query.catalogue.entries import CatalogueEntries, CatalogueRegistry
from logloop_query.catalogue.metrics import Metrics
from logloop_query.catalogue.project_deletion import ProjectDeletion
from logloop_query.catalogue.projects import Projects
from logloop_query.identity.api_keys import ApiKeys
from logloop_query.identity.assembly import Identity
from logloop_query.identity.members import Members
from logloop_query.identity.usage import UsageRecorder
from logloop_query.logs.edits import LogEdits
from logloop_query.logs.export import Export
from logloop_query.logs.recent_counts import RecentCounts
from logloop_query.logs.search.log_search import LogSearch
from logloop_query.logs.stored_logs import StoredLogs
from logloop_query.logs.stores.patterns import PatternStore
from logloop_query.logs.tail import Tails
from logloop_query.logs.templates import Templates
from logloop_query.overview import ProjectOverview
from logloop_query.pattern_edits import PatternEditing
from logloop_query.providers.checks import ProviderChecks
from logloop_query.providers.settings import ProviderSettings
from logloop_query.records.audit import AuditTrail
from logloop_query.saved_views.saved_views import SavedViews
from logloop_query.stream_slots import StreamSlots
from logloop_query.test_runs.runs import TestRuns


@dataclass(frozen=True, slots=True)
class RecordServices:
    """The use cases of records: everything but logs."""

    projects: Projects
    overview: ProjectOverview
    project_deletion: ProjectDeletion
    services: CatalogueEntries
    tests: CatalogueEntries
    registry: CatalogueRegistry
    metrics: Metrics
    identity: Identity
    members: Members
    api_keys: ApiKeys
    usage: UsageRecorder
    provider_settings: ProviderSettings
    provider_checks: ProviderChecks
    analyses: Analyses
    analysis_events: AnalysisEventFeed
    analysis_streams: StreamSlots
    saved_views: SavedViews
    test_runs: TestRuns
    pattern_edits: PatternEditing
    audit: AuditTrail


@dataclass(frozen=True, slots=True)
class LogServices:
    """The use cases of logs."""

    search: LogSearch
    edits: LogEdits
    export: Export
    exports: StreamSlots
    tails: Tails
    patterns: PatternStore
    templates: Templates
    recent: RecentCounts
    stored: StoredLogs


@dataclass(frozen=True, slots=True)
class QueryServices:
    """Everything that handlers use."""

    records: RecordServices
    logs: LogServices
