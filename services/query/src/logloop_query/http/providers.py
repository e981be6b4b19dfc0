"""Endpoints of the LLM and GitHub settings.

A response shows whether a secret is set and, to callers that may change it, its last four characters.
"""

from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Query
from logloop_chassis.auth.principal import Principal, require
from logloop_chassis.http.parameters import body_problems, problems
from logloop_contracts.log_entry import PROJECT_ID_PATTERN
from pydantic import Field, SecretStr, StringConstraints, model_validator

from logloop_query.http.dependencies import CurrentActor, CurrentProviderChecks, CurrentProviderSettings
from logloop_query.http.fields import Input, Moment, Output
from logloop_query.providers.checks import CheckResult
from logloop_query.providers.settings import EffectiveSettings

router = APIRouter(prefix="/api/v1/settings", tags=["settings"])
OptionalProject = Annotated[
    str | None,
    Query(
        pattern=PROJECT_ID_PATTERN,
        description="A project; omitted: the default of the instance.",
        examples=["shop"],
    ),
]
Provider = Literal["none", "openai", "anthropic", "google", "ollama", "openai-compatible"]
Redaction = Literal["off", "standard", "strict"]
Url = Annotated[str, StringConstraints(max_length=500, pattern=r"^https?://[^\s\x00]+$")]
Model = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\s\x00]+$")]
Price = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Secret = Annotated[SecretStr, Field(min_length=1, max_length=500)]
AppId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,100}$")]
PrivateKey = Annotated[SecretStr, Field(min_length=1, max_length=8000)]
Repository = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}$")]
_WRITE_ONLY_HELP = "Omitted: the stored value stays. null: it is removed. Never returned."


class NewLlmSettings(Input):
    """The model that explains logs, and its limits."""

    provider: Provider = Field(description="`none`: reports are made without a model.")
    model: Model | None = Field(None, examples=["gpt-5-mini"])
    base_url: Url | None = Field(
        None, description="For openai-compatible and ollama.", examples=["https://llm.example.org/v1"]
    )
    api_key: Secret | None = Field(None, description=_WRITE_ONLY_HELP)
    max_tokens: int = Field(4096, ge=64, le=200_000, description="Maximum number of tokens in one response.")
    timeout_s: float = Field(120, ge=1, le=900, description="Timeout of one call in seconds.")
    budget_tokens_per_day: int | None = Field(
        None, ge=0, le=10**12, description="Maximum number of tokens per day; null: no limit."
    )
    input_price: Price | None = Field(None, description="Price of a million tokens that are sent.", examples=[0.25])
    output_price: Price | None = Field(
        None, description="Price of a million tokens that the model writes.", examples=[2.0]
    )
    evidence_tokens: int = Field(
        12_000, ge=1000, le=400_000, description="Maximum number of tokens of evidence in a prompt."
    )
    temperature: float | None = Field(None, ge=0, le=2, description="Omitted: the provider's default.")
    redaction: Redaction = Field(
        "standard",
        description="What is redacted before data is sent. `standard`: secrets; `strict`: also IPs and user names.",
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.provider != "none" and self.model is None:
            raise ValueError("enter a model")
        if self.provider == "openai-compatible" and self.base_url is None:
            raise ValueError("an openai-compatible provider needs a base_url")
        return self


class LlmSettings(Output):
    """The LLM settings that apply to a project."""

    source: Literal["project", "default", "none"] = Field(description="Where the settings come from.")
    provider: Provider
    model: str | None
    base_url: str | None
    has_api_key: bool
    api_key_last4: str | None = Field(description="Only for callers that may change it.")
    max_tokens: int
    timeout_s: float
    budget_tokens_per_day: int | None
    input_price: float | None
    output_price: float | None
    evidence_tokens: int
    temperature: float | None
    redaction: Redaction
    updated_at: Moment | None


class NewGithubSettings(Input):
    """GitHub credentials: a token, or a GitHub App."""

    api_url: Url = Field("https://api.github.com", description="For GitHub Enterprise: https://host/api/v3.")
    token: Secret | None = Field(None, description=f"Fine-grained token with Actions: write. {_WRITE_ONLY_HELP}")
    app_id: AppId | None = None
    private_key: PrivateKey | None = Field(
        None, description=f"Private key of the App in PEM format. {_WRITE_ONLY_HELP}"
    )
    installation_id: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}$")] | None = None
    webhook_secret: Secret | None = Field(None, description=f"Webhook secret. {_WRITE_ONLY_HELP}")
    default_repository: Repository | None = Field(None, examples=["acme/shop"])


class GithubSettings(Output):
    """The GitHub settings that apply to a project."""

    source: Literal["project", "default", "none"] = Field(description="Where the settings come from.")
    api_url: str
    has_token: bool
    token_last4: str | None = Field(description="Only for callers that may change it.")
    app_id: str | None
    has_private_key: bool
    installation_id: str | None
    has_webhook_secret: bool
    default_repository: str | None
    updated_at: Moment | None


class AllSettings(Output):
    """All settings that apply to a project."""

    llm: LlmSettings
    github: GithubSettings


class CheckedSettings(Output):
    """Result of testing settings."""

    ok: bool
    detail: str = Field(description="What happened, with the provider's own message if it responded.")
    status: int | None = Field(description="HTTP status of the provider's response.")
    models: list[str] = Field(description="Models that the provider offers.")


def _llm(setting: EffectiveSettings, principal: Principal, project_id: str | None) -> LlmSettings:
    last4 = setting.last4.get("api_key") if principal.may("admin", project_id) else None
    return LlmSettings(
        source=setting.source,
        has_api_key="api_key" in setting.last4,
        api_key_last4=last4,
        updated_at=setting.updated_at,
        **setting.values,
    )


def _github(setting: EffectiveSettings, principal: Principal, project_id: str | None) -> GithubSettings:
    last4 = setting.last4.get("token") if principal.may("admin", project_id) else None
    return GithubSettings(
        source=setting.source,
        token_last4=last4,
        updated_at=setting.updated_at,
        **{f"has_{name}": name in setting.last4 for name in ("token", "private_key", "webhook_secret")},
        **setting.values,
    )


def _split_secrets(body: Input, *secrets: str) -> tuple[dict[str, Any], dict[str, str | None]]:
    values = body.model_dump(exclude=set(secrets))
    given = {name: getattr(body, name) for name in secrets if name in body.model_fields_set}
    return values, {name: secret.get_secret_value() if secret else None for name, secret in given.items()}


def _checked(result: CheckResult) -> CheckedSettings:
    return CheckedSettings(ok=result.ok, detail=result.detail, status=result.status, models=result.models)


@router.get("", summary="Read the settings", operation_id="settings_read", responses=problems(404))
async def read(
    actor: CurrentActor, settings: CurrentProviderSettings, project_id: OptionalProject = None
) -> AllSettings:
    """Read the LLM and GitHub settings that apply to a project: its own, else the default of the instance."""
    require(actor.principal, "read", project_id)
    return AllSettings(
        llm=_llm(await settings.effective(project_id, "llm"), actor.principal, project_id),
        github=_github(await settings.effective(project_id, "github"), actor.principal, project_id),
    )


@router.put(
    "/llm", summary="Set the LLM provider", operation_id="settings_llm_update", responses=body_problems(404, 409)
)
async def put_llm(
    body: NewLlmSettings, actor: CurrentActor, settings: CurrentProviderSettings, project_id: OptionalProject = None
) -> LlmSettings:
    """Choose the model that explains logs. The key is encrypted at rest and never returned.

    A changed provider or base_url needs the key again, so that a stored key is never sent to another address.
    Private addresses need `LOGLOOP_EGRESS_ALLOW`; loopback works when Logloop itself listens on loopback.
    """
    require(actor.principal, "admin", project_id)
    values, secrets = _split_secrets(body, "api_key")
    return _llm(await settings.put(actor, project_id, "llm", values, secrets), actor.principal, project_id)


@router.delete(
    "/llm",
    status_code=204,
    summary="Delete the LLM settings",
    operation_id="settings_llm_delete",
    responses=problems(404),
)
async def delete_llm(
    actor: CurrentActor, settings: CurrentProviderSettings, project_id: OptionalProject = None
) -> None:
    """Delete the settings of a project, so that the default applies, or the default itself."""
    require(actor.principal, "admin", project_id)
    await settings.delete(actor, project_id, "llm")


@router.post(
    "/llm/test", summary="Test the LLM settings", operation_id="settings_llm_test", responses=problems(404, 409)
)
async def check_llm(
    actor: CurrentActor,
    settings: CurrentProviderSettings,
    checks: CurrentProviderChecks,
    project_id: OptionalProject = None,
) -> CheckedSettings:
    """Let the analyzer request the provider's list of models with the stored key. No log and no prompt is sent."""
    require(actor.principal, "admin", project_id)
    await settings.unsealed(project_id, "llm")  # raises 409 for a secret that cannot be decrypted
    return _checked(await checks.llm(project_id))


@router.put(
    "/github", summary="Set up GitHub", operation_id="settings_github_update", responses=body_problems(404, 409)
)
async def put_github(
    body: NewGithubSettings,
    actor: CurrentActor,
    settings: CurrentProviderSettings,
    project_id: OptionalProject = None,
) -> GithubSettings:
    """Set the credentials for starting workflows and reading runs. Secrets are encrypted at rest.

    A changed api_url needs every secret again.
    """
    require(actor.principal, "admin", project_id)
    values, secrets = _split_secrets(body, "token", "private_key", "webhook_secret")
    setting = await settings.put(actor, project_id, "github", values, secrets)
    return _github(setting, actor.principal, project_id)


@router.delete(
    "/github",
    status_code=204,
    summary="Delete the GitHub settings",
    operation_id="settings_github_delete",
    responses=problems(404),
)
async def delete_github(
    actor: CurrentActor, settings: CurrentProviderSettings, project_id: OptionalProject = None
) -> None:
    """Delete the settings of a project, so that the default applies, or the default itself."""
    require(actor.principal, "admin", project_id)
    await settings.delete(actor, project_id, "github")


@router.post(
    "/github/test",
    summary="Test the GitHub settings",
    operation_id="settings_github_test",
    responses=problems(404, 409),
)
async def check_github(
    actor: CurrentActor,
    settings: CurrentProviderSettings,
    checks: CurrentProviderChecks,
    project_id: OptionalProject = None,
) -> CheckedSettings:
    """Let ci-bridge read the default repository on GitHub, or check the credentials without one. Changes nothing."""
    require(actor.principal, "admin", project_id)
    await settings.unsealed(project_id, "github")  # raises 409 for a secret that cannot be decrypted
    return _checked(await checks.github(project_id))
