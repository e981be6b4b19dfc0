"""Routes of the analyzer: try the model provider of a project.

It must not take a provider's address or key from the caller; it tries what is saved.
"""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from logloop_chassis.auth import CurrentPrincipal, require
from logloop_chassis.problems import Conflict, NotFound, Unavailable, problem_responses
from logloop_contracts.log_entry import PROJECT_ID_PATTERN
from pydantic import BaseModel, ConfigDict, Field

from logloop_analyzer.errors import AnalysisError
from logloop_analyzer.model.provider import Message, Model, ProviderFailed, ProviderSettings
from logloop_analyzer.query_api.interface import LogSource

TEST_SECONDS = 30.0
_PROMPT = (
    Message("system", "You are tested for availability. Answer with the JSON that is asked for."),
    Message("user", "Say hello in one word as the summary, with no claims."),
)
_SCHEMA: dict[str, Any] = {
    "title": "Greeting",
    "description": "A test answer.",
    "type": "object",
    "additionalProperties": False,
    "required": ["summary"],
    "properties": {"summary": {"type": "string"}},
}

router = APIRouter(prefix="/api/v1/analyzer", tags=["analyzer"])


class ProviderTest(BaseModel):
    """Which provider to try."""

    model_config = ConfigDict(extra="forbid")

    project_id: Annotated[str, Field(pattern=PROJECT_ID_PATTERN)] | None = Field(
        None, description="A project; without it the default of the instance.", examples=["shop"]
    )


class ProviderTested(BaseModel):
    """What the provider said."""

    ok: bool
    provider: str = Field(examples=["openai"])
    model: str = Field(examples=["gpt-5-mini"])
    failure: str | None = Field(None, description="Kind of failure, such as auth.", examples=["auth"])
    detail: str = Field(description="What to do, with the provider's own words.", examples=["hello"])
    seconds: float = 0
    input_tokens: int = 0
    output_tokens: int = 0


@router.post(
    "/providers/test",
    summary="Try the model provider",
    operation_id="provider_test",
    responses=problem_responses(401, 403, 404, 409, 422, 503),
)
async def test_provider(body: ProviderTest, request: Request, principal: CurrentPrincipal) -> ProviderTested:
    """Ask the saved provider for one word. Needs the admin right; costs a few tokens. No log text is sent."""
    require(principal, "admin", body.project_id)
    settings = await _saved(request.app.state.source, body.project_id)
    model: Model = request.app.state.model
    return await _try(model, settings)


async def _saved(source: LogSource, project_id: str | None) -> ProviderSettings:
    try:
        settings = await source.provider(project_id)
    except AnalysisError as error:
        if error.reason == "query_unavailable":
            raise Unavailable(error.detail) from error
        if error.reason == "bad_scope":
            raise NotFound(error.detail) from error
        raise Conflict(error.detail) from error
    if settings is None:
        raise Conflict("no model provider is set; choose one in the settings")
    return settings


async def _try(model: Model, settings: ProviderSettings) -> ProviderTested:
    async def ignore(_: str) -> None:
        return None

    small = settings.model_copy(update={"max_tokens": min(settings.max_tokens, 512)})
    deadline = asyncio.get_running_loop().time() + min(TEST_SECONDS, settings.timeout_s)
    try:
        answer = await model.ask(small, _PROMPT, _SCHEMA, _greets, ignore, deadline)
    except ProviderFailed as failed:
        return _tested(settings, failure=failed.kind, detail=str(failed))
    usage = answer.usage
    return ProviderTested(
        ok=True,
        provider=settings.provider,
        model=settings.model,
        detail=str(answer.value["summary"])[:500],
        seconds=usage.seconds,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
    )


def _tested(settings: ProviderSettings, *, failure: str, detail: str) -> ProviderTested:
    ok: Literal[False] = False
    return ProviderTested(ok=ok, provider=settings.provider, model=settings.model, failure=failure, detail=detail)


def _greets(value: Mapping[str, Any]) -> None:
    if not isinstance(value.get("summary"), str):
        raise ValueError("summary is missing")  # noqa: TRY004  # the model wrote a wrong value
