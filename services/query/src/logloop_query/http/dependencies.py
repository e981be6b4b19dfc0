"""Typed FastAPI dependencies: the caller with its address, and the use cases."""

from typing import Annotated

from fastapi import Depends, Request, Response
from logloop_chassis.auth.dependencies import CurrentPrincipal
from logloop_chassis.state import parts_of

from logloop_query.analyses.analyses import Analyses
from logloop_query.catalogue.entries import CatalogueEntries
from logloop_query.catalogue.metrics import Metrics
from logloop_query.catalogue.projects import Projects
from logloop_query.identity.accounts import Accounts
from logloop_query.identity.api_keys import ApiKeys
from logloop_query.identity.assembly import Identity
from logloop_query.identity.members import Members
from logloop_query.logs.edits import LogEdits
from logloop_query.logs.search.log_search import LogSearch
from logloop_query.pattern_edits import PatternEditing
from logloop_query.providers.checks import ProviderChecks
from logloop_query.providers.settings import ProviderSettings
from logloop_query.query_services import LogServices, QueryServices, RecordServices
from logloop_query.records.audit import Actor, AuditTrail
from logloop_query.saved_views.saved_views import SavedViews
from logloop_query.test_runs.runs import TestRuns


async def current_actor(request: Request, response: Response, principal: CurrentPrincipal) -> Actor:
    """Return the caller and its address. The response is marked as not cacheable."""
    response.headers["Cache-Control"] = "no-store"
    return Actor(principal, request.client.host if request.client else None)


async def record_services(request: Request) -> RecordServices:
    """Return the use cases of records."""
    return parts_of(request, QueryServices).records


async def log_services(request: Request) -> LogServices:
    """Return the use cases of logs."""
    return parts_of(request, QueryServices).logs


CurrentActor = Annotated[Actor, Depends(current_actor)]
CurrentRecordServices = Annotated[RecordServices, Depends(record_services)]
CurrentLogServices = Annotated[LogServices, Depends(log_services)]


async def _accounts(services: CurrentRecordServices) -> Accounts:
    return services.identity.accounts


async def _analyses(services: CurrentRecordServices) -> Analyses:
    return services.analyses


async def _identity(services: CurrentRecordServices) -> Identity:
    return services.identity


async def _api_keys(services: CurrentRecordServices) -> ApiKeys:
    return services.api_keys


async def _audit(services: CurrentRecordServices) -> AuditTrail:
    return services.audit


async def _members(services: CurrentRecordServices) -> Members:
    return services.members


async def _metrics(services: CurrentRecordServices) -> Metrics:
    return services.metrics


async def _pattern_editing(services: CurrentRecordServices) -> PatternEditing:
    return services.pattern_edits


async def _projects(services: CurrentRecordServices) -> Projects:
    return services.projects


async def _provider_checks(services: CurrentRecordServices) -> ProviderChecks:
    return services.provider_checks


async def _provider_settings(services: CurrentRecordServices) -> ProviderSettings:
    return services.provider_settings


async def _saved_views(services: CurrentRecordServices) -> SavedViews:
    return services.saved_views


async def _services(services: CurrentRecordServices) -> CatalogueEntries:
    return services.services


async def _test_runs(services: CurrentRecordServices) -> TestRuns:
    return services.test_runs


async def _tests(services: CurrentRecordServices) -> CatalogueEntries:
    return services.tests


async def _log_edits(services: CurrentLogServices) -> LogEdits:
    return services.edits


async def _log_search(services: CurrentLogServices) -> LogSearch:
    return services.search


CurrentAccounts = Annotated[Accounts, Depends(_accounts)]
CurrentAnalyses = Annotated[Analyses, Depends(_analyses)]
CurrentApiKeys = Annotated[ApiKeys, Depends(_api_keys)]
CurrentAudit = Annotated[AuditTrail, Depends(_audit)]
CurrentIdentity = Annotated[Identity, Depends(_identity)]
CurrentLogEdits = Annotated[LogEdits, Depends(_log_edits)]
CurrentMembers = Annotated[Members, Depends(_members)]
CurrentMetrics = Annotated[Metrics, Depends(_metrics)]
CurrentPatternEditing = Annotated[PatternEditing, Depends(_pattern_editing)]
CurrentProjects = Annotated[Projects, Depends(_projects)]
CurrentProviderChecks = Annotated[ProviderChecks, Depends(_provider_checks)]
CurrentProviderSettings = Annotated[ProviderSettings, Depends(_provider_settings)]
CurrentSavedViews = Annotated[SavedViews, Depends(_saved_views)]
CurrentLogSearch = Annotated[LogSearch, Depends(_log_search)]
CurrentServices = Annotated[CatalogueEntries, Depends(_services)]
CurrentTestRuns = Annotated[TestRuns, Depends(_test_runs)]
CurrentTests = Annotated[CatalogueEntries, Depends(_tests)]
