"""The composition root of the analyzer: what it opens, which routes it mounts, what it consumes.

It must not hold a rule of any use case.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from fastapi import FastAPI
from logloop_chassis.app import Resources, service_app
from logloop_chassis.broker import subscribe
from logloop_chassis.egress import EgressGuard
from logloop_chassis.settings import is_loopback
from logloop_contracts.channels import ANALYZER_REQUESTS

from logloop_analyzer.analysis.model_explainer import Asker
from logloop_analyzer.analysis.runner import Analyzer, Limits
from logloop_analyzer.consumers import Requests
from logloop_analyzer.http import providers
from logloop_analyzer.model.budget import DailyTokens
from logloop_analyzer.model.client import LangChainModel
from logloop_analyzer.query_api.client import QueryClient
from logloop_analyzer.settings import AnalyzerSettings
from logloop_analyzer.text.redaction import Strictness


def create_app(settings: AnalyzerSettings) -> FastAPI:
    """The service as an app; nothing connects before its lifespan starts."""
    app = service_app(
        settings,
        service="analyzer",
        title="Logloop analyzer",
        description="Explains windows of logs with cited evidence. Ask for an analysis at query.",
        open_service=_open,
        dead_letter_prefix="/api/v1/analyzer/dead-letters",
        tags=[{"name": "analyzer", "description": "Trying a model provider."}],
    )
    app.include_router(providers.router)
    return app


@asynccontextmanager
async def _open(resources: Resources[AnalyzerSettings], app: FastAPI) -> AsyncIterator[None]:
    settings = resources.settings
    redaction = cast("Strictness", settings.analysis_redaction)
    source = QueryClient(
        settings.query_url,
        settings.secret_key.get_secret_value(),
        evidence_tokens=settings.analysis_evidence_tokens,
        redaction=redaction,
    )
    model = LangChainModel(EgressGuard(settings.egress_allow, loopback=is_loopback(settings.host)))
    limits = Limits(settings.analysis_deadline, settings.analysis_max_logs, settings.analysis_max_bytes, redaction)
    analyzer = Analyzer(source, Asker(model, DailyTokens()), limits)
    requests = Requests(analyzer, resources.publisher, resources.stopping)
    app.state.source, app.state.model = source, model
    resources.health.add("query", source.ping)
    subscribe(
        resources.consumer,
        ANALYZER_REQUESTS,
        requests.handler(),
        resources.publisher,
        prefetch=settings.analysis_concurrency,
    )
    try:
        yield
    finally:
        await source.aclose()
