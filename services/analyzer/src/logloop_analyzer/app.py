"""The composition root of the analyzer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from logloop_chassis.app import service_app
from logloop_chassis.messaging.consuming import subscribe
from logloop_chassis.outbound.egress import EgressGuard
from logloop_chassis.state import Resources, ServiceApp
from logloop_contracts.channels import ANALYZER_REQUESTS

from logloop_analyzer.analysis.failed_tests import FailedTests
from logloop_analyzer.analysis.model_explainer import ModelExplainer
from logloop_analyzer.analysis.preview import AnalysisPreviewer
from logloop_analyzer.analysis.runner import AnalysisRunner
from logloop_analyzer.analysis.windows import AnalysisLimits
from logloop_analyzer.consumers import AnalysisRequestConsumer
from logloop_analyzer.http import comparisons, internal, previews, providers
from logloop_analyzer.http.dependencies import AnalyzerServices
from logloop_analyzer.model.budget import DailyTokenBudget
from logloop_analyzer.model.client import ModelClient
from logloop_analyzer.model.provider_check import ProviderCheck
from logloop_analyzer.query_api.client import QueryClient
from logloop_analyzer.settings import AnalyzerSettings


def create_app(settings: AnalyzerSettings) -> ServiceApp:
    """Return the service as an app; nothing connects before its lifespan starts."""
    app = service_app(
        settings,
        service="analyzer",
        title="Logloop analyzer",
        description="Explains windows of logs with cited evidence. Request an analysis from the query service.",
        open_service=_open,
        dead_letter_prefix="/api/v1/analyzer/dead-letters",
        tags=[
            {"name": "analyzer", "description": "Testing a model provider, and previews of analyses."},
            {"name": "tests", "description": "Comparing failed tests with green runs."},
        ],
    )
    app.add_routes(providers.router)
    app.add_routes(previews.router)
    app.add_routes(comparisons.router)
    app.add_routes(internal.router)
    return app


@asynccontextmanager
async def _open(resources: Resources[AnalyzerSettings]) -> AsyncIterator[AnalyzerServices]:
    settings = resources.settings
    query = QueryClient(
        settings.query_url,
        settings.secret_key.get_secret_value(),
        evidence_tokens=settings.analysis_evidence_tokens,
        redaction=settings.analysis_redaction,
    )
    guard = EgressGuard(settings.egress_allow, loopback=settings.is_local)
    model = ModelClient(guard)
    limits = AnalysisLimits(
        settings.analysis_deadline,
        settings.analysis_max_logs,
        settings.analysis_max_bytes,
        settings.analysis_redaction,
    )
    runner = AnalysisRunner(query, ModelExplainer(model, DailyTokenBudget()), limits)
    consumer = AnalysisRequestConsumer(runner, resources.publisher, resources.stopping)
    resources.health.add("query", query.ping)
    subscribe(
        resources.consumer,
        ANALYZER_REQUESTS,
        consumer.handler(),
        resources.publisher,
        prefetch=settings.analysis_concurrency,
    )
    try:
        yield AnalyzerServices(
            query, model, ProviderCheck(guard), AnalysisPreviewer(query, limits), FailedTests(query)
        )
    finally:
        await query.aclose()
