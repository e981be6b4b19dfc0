"""Routes that try the saved model provider of a project."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter
from logloop_chassis.auth.dependencies import CurrentPrincipal
from logloop_chassis.auth.principal import require
from logloop_chassis.http.problems import Conflict, problem_responses
from logloop_contracts.log_entry import PROJECT_ID_PATTERN
from pydantic import BaseModel, ConfigDict, Field

from logloop_analyzer.http.dependencies import Services, saved_provider
from logloop_analyzer.model.provider import LanguageModel, PromptMessage, ProviderFailed, ProviderSettings

TEST_SECONDS = 30.0
_MAX_TOKENS = 512
_PROMPT = (
    PromptMessage("system", "This is an availability test. Answer with the requested JSON."),
    PromptMessage("user", "Say hello in one word as the summary, with no claims."),
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
    """Which provider to test."""

    model_config = ConfigDict(extra="forbid")

    project_id: Annotated[str, Field(pattern=PROJECT_ID_PATTERN)] | None = Field(
        None, description="A project. Without it, the default provider of the instance.", examples=["shop"]
    )


class ProviderTested(BaseModel):
    """The provider's answer."""

    ok: bool
    provider: str = Field(examples=["openai"])
    model: str = Field(examples=["gpt-5-mini"])
    failure: str | None = Field(None, description="Kind of failure, such as auth.", examples=["auth"])
    detail: str = Field(
        description="The answer, or else what to do, with the provider's own words.", examples=["hello"]
    )
    seconds: float = 0
    input_tokens: int = 0
    output_tokens: int = 0


@router.post(
    "/providers/test",
    summary="Test the model provider",
    operation_id="provider_test",
    responses=problem_responses(401, 403, 404, 409, 422, 503),
)
async def test_provider(body: ProviderTest, services: Services, principal: CurrentPrincipal) -> ProviderTested:
    """Ask the saved provider for one word. Requires admin rights and costs a few tokens. No log text is sent."""
    require(principal, "admin", body.project_id)
    settings = await saved_provider(services.query, body.project_id)
    if settings is None:
        raise Conflict("no model provider is set; choose one in the settings")
    return await _greet(services.model, settings)


async def _greet(model: LanguageModel, settings: ProviderSettings) -> ProviderTested:
    async def ignore(_: str) -> None:
        return None

    small = settings.model_copy(update={"max_tokens": min(settings.max_tokens, _MAX_TOKENS)})
    deadline = asyncio.get_running_loop().time() + min(TEST_SECONDS, settings.timeout_s)
    try:
        answer = await model.ask(small, _PROMPT, _SCHEMA, _check_shape, ignore, deadline)
    except ProviderFailed as failed:
        return ProviderTested(
            ok=False, provider=settings.provider, model=settings.model, failure=failed.kind, detail=str(failed)
        )
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


def _check_shape(value: Mapping[str, Any]) -> None:
    if not isinstance(value.get("summary"), str):
        raise ValueError("summary is missing")  # noqa: TRY004  # the model wrote a wrong value
