"""Route that shows what an analysis would read and send."""

from datetime import timedelta
from typing import Annotated, Self

from fastapi import APIRouter, Response
from logloop_chassis.auth.dependencies import CurrentPrincipal
from logloop_chassis.auth.principal import require
from logloop_chassis.http.parameters import body_problems
from logloop_chassis.http.problems import Conflict, Problem, TooLarge, TooManyRequests, Unavailable, Unprocessable
from logloop_contracts.log_entry import PROJECT_ID_PATTERN
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from logloop_analyzer.analysis.preview import AnalysisPreview, TooManyPreviews, provider_host
from logloop_analyzer.errors import AnalysisError
from logloop_analyzer.http.dependencies import Services
from logloop_analyzer.query_api.interface import LogSelection

MAX_RANGE = timedelta(days=366)
_NO_NUL = r"^[^\x00]*$"

router = APIRouter(prefix="/api/v1/analyzer", tags=["analyzer"])


class PreviewRequest(BaseModel):
    """The logs and the question of an analysis that is not requested yet."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    project_id: Annotated[str, Field(pattern=PROJECT_ID_PATTERN, examples=["shop"])]
    q: str = Field("", max_length=4000, pattern=_NO_NUL, description="Search text; empty: every log.")
    since: AwareDatetime = Field(examples=["2026-11-22T10:00:00Z"])
    until: AwareDatetime = Field(description="Exclusive.", examples=["2026-11-22T11:00:00Z"])
    question: str | None = Field(None, min_length=1, max_length=4000, pattern=_NO_NUL)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.since >= self.until:
            raise ValueError("since must be before until")
        if self.until - self.since > MAX_RANGE:
            raise ValueError(f"the time range may have at most {MAX_RANGE.days} days; choose a shorter one")
        return self


class PreviewMessage(BaseModel):
    """One message of a prompt, as it would be sent."""

    role: str = Field(examples=["user"])
    text: str


class PreviewModel(BaseModel):
    """The model that would be asked, and what it would receive."""

    provider: str = Field(examples=["openai"])
    model: str = Field(examples=["gpt-5-mini"])
    host: str = Field(description="The host that receives the prompt.", examples=["api.openai.com"])
    redaction: str = Field(examples=["standard"])
    lines: int = Field(description="Log lines in the prompt.")
    tokens: int = Field(description="About how many tokens the prompt has.")
    price: float | None = Field(
        description="The most that an answer costs: the prompt, and `max_tokens` of answer. null: no price is set."
    )
    masked: dict[str, int] = Field(
        description="How many values are replaced by placeholders, by kind.", examples=[{"EMAIL": 2}]
    )
    prompt: list[PreviewMessage]


class Preview(BaseModel):
    """What an analysis would read and send."""

    logs: int = Field(description="Logs in the time range.")
    baseline_logs: int = Field(description="Logs in the range of the same length before it.")
    findings: int = Field(description="Changes that are measured without a model.")
    left_out: str | None = Field(description="What the limits exclude.")
    model: PreviewModel | None = Field(description="null: no model would be asked.")
    reason: str | None = Field(description="Why no model would be asked.")


@router.post(
    "/previews",
    summary="Preview an analysis",
    operation_id="analysis_preview",
    responses=body_problems(404, 409, 429),
)
async def preview(
    body: PreviewRequest, services: Services, principal: CurrentPrincipal, response: Response
) -> Preview:
    """Show what an analysis would read, and the redacted prompt that it would send. Nothing is sent or stored."""
    require(principal, "write", body.project_id)
    response.headers["Cache-Control"] = "no-store"
    selection = LogSelection(body.project_id, body.q, body.since, body.until)
    try:
        return _body(await services.previewer.preview(selection, body.question))
    except TooManyPreviews as error:
        raise TooManyRequests("too many previews at once; try again in a moment", retry_after=2) from error
    except AnalysisError as error:
        raise problem_of(error) from error


def problem_of(error: AnalysisError) -> Problem:
    """Return the HTTP problem for an analysis that failed."""
    if error.reason == "query_unavailable":
        return Unavailable(error.detail)
    if error.reason == "bad_scope":
        return Unprocessable(error.detail)
    return TooLarge(error.detail) if error.reason == "too_large" else Conflict(error.detail)


def _body(found: AnalysisPreview) -> Preview:
    model = None
    if found.settings and found.prompt:
        model = PreviewModel(
            provider=found.settings.provider,
            model=found.settings.model,
            host=provider_host(found.settings),
            redaction=found.settings.redaction,
            lines=found.prompt.lines,
            tokens=found.prompt.tokens,
            price=found.settings.price_of(found.prompt.tokens, found.settings.max_tokens),
            masked=found.prompt.masked,
            prompt=[PreviewMessage(role=item.role, text=item.text) for item in found.prompt.messages],
        )
    return Preview(
        logs=found.logs,
        baseline_logs=found.baseline_logs,
        findings=found.findings,
        left_out=found.left_out,
        model=model,
        reason=found.reason,
    )
