"""What HTTP handlers share: the services of the running app, and the saved provider settings of a project."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from logloop_chassis.http.problems import Conflict, NotFound, Unavailable
from logloop_chassis.state import parts_of

from logloop_analyzer.analysis.failed_tests import FailedTests
from logloop_analyzer.analysis.preview import AnalysisPreviewer
from logloop_analyzer.errors import AnalysisError
from logloop_analyzer.model.provider import LanguageModel, ProviderSettings
from logloop_analyzer.model.provider_check import ProviderCheck
from logloop_analyzer.query_api.interface import QueryApi


@dataclass(frozen=True, slots=True)
class AnalyzerServices:
    """The parts of the service that request handlers use."""

    query: QueryApi
    model: LanguageModel
    provider_check: ProviderCheck
    previewer: AnalysisPreviewer
    failed_tests: FailedTests


def analyzer_services(request: Request) -> AnalyzerServices:
    """Return the services of the running app; a FastAPI dependency."""
    return parts_of(request, AnalyzerServices)


Services = Annotated[AnalyzerServices, Depends(analyzer_services)]


async def saved_provider(query: QueryApi, project_id: str | None) -> ProviderSettings | None:
    """Return the saved settings of a project (None: the default), None if no provider is set.

    Raises Unavailable, NotFound or Conflict.
    """
    try:
        return await query.provider(project_id)
    except AnalysisError as error:
        if error.reason == "query_unavailable":
            raise Unavailable(error.detail) from error
        if error.reason == "bad_scope":
            raise NotFound(error.detail) from error
        raise Conflict(error.detail) from error
