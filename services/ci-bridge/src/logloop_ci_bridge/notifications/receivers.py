"""Receivers of notifications: where they go, how they are grouped, and when they wait."""

import re
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from logloop_contracts.durations import Duration, seconds
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, SecretStr, model_validator

from logloop_ci_bridge.notifications.body_template import check_template
from logloop_ci_bridge.notifications.quiet_hours import QuietHours
from logloop_ci_bridge.record import Record

Kind = Literal["webhook", "slack", "teams", "email"]
Security = Literal["starttls", "tls", "none"]
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=.{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")


def _is_address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError(f"invalid e-mail address {text[:80]!r}; write name@example.org")
    return text


def _is_long_enough(text: str) -> str:
    if seconds(text) < MIN_INTERVAL_S:
        raise ValueError(f"must be at least {MIN_INTERVAL_S}s")
    return text


def _is_template(template: dict[str, Any] | None) -> dict[str, Any] | None:
    if template is not None:
        check_template(template)
    return template


MIN_INTERVAL_S = 10
BodyTemplate = Annotated[
    dict[str, JsonValue] | None,
    AfterValidator(_is_template),
    Field(
        description="For a webhook: its JSON body. Texts may hold {{names}}; without it, the body has every value.",
        examples=[{"summary": "{{title}}", "lines": "{{lines}}", "url": "{{link}}"}],
    ),
]
Address = Annotated[str, AfterValidator(_is_address), Field(max_length=320, examples=["oncall@example.org"])]


class Smtp(BaseModel):
    """The mail server."""

    model_config = ConfigDict(extra="forbid")

    host: str = Field(min_length=1, max_length=253, examples=["smtp.example.org"])
    port: int = Field(587, ge=1, le=65535)
    security: Security = Field("starttls", description="`none` is allowed for private addresses only.")
    username: str | None = Field(None, max_length=320)


class ReceiverFields(BaseModel):
    """The fields of a receiver without its secrets."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100, examples=["On call"])
    kind: Kind
    enabled: bool = True
    template: BodyTemplate = None
    smtp: Smtp | None = Field(None, description="For e-mail.")
    sender: Address | None = Field(None, description="For e-mail: the address in From.")
    recipients: list[Address] = Field(default_factory=list, max_length=50, description="For e-mail.")
    group_wait: Duration = Field("30s", description="How long matches are collected before they are sent together.")
    group_interval: Annotated[Duration, AfterValidator(_is_long_enough)] = Field(
        "5m", description="The least time between two messages; at least 10s."
    )
    quiet_hours: QuietHours | None = None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.kind == "email":
            if self.smtp is None or self.sender is None or not self.recipients:
                raise ValueError("e-mail needs smtp, sender and recipients")
        elif self.smtp is not None or self.sender is not None or self.recipients:
            raise ValueError(f"smtp, sender and recipients are for e-mail, not for {self.kind}")
        if self.template is not None and self.kind != "webhook":
            raise ValueError(f"only a webhook has a template of its own, not {self.kind}")
        return self


class ReceiverDraft(ReceiverFields):
    """The fields of a receiver that users write. Secrets are write-only; without a value, a change keeps them."""

    url: SecretStr | None = Field(None, max_length=4000, description="For webhook, slack and teams.")
    secret: SecretStr | None = Field(
        None,
        max_length=200,
        description="For a webhook: signs each message as Standard Webhooks describes; an empty text removes it.",
    )
    password: SecretStr | None = Field(None, max_length=500, description="For e-mail; an empty text removes it.")

    @model_validator(mode="after")
    def _secrets_fit_its_kind(self) -> Self:
        if self.kind == "email" and (self.url is not None or self.secret is not None):
            raise ValueError("e-mail has smtp and a password instead of url and secret")
        if self.kind != "email" and self.password is not None:
            raise ValueError(f"a password is for e-mail, not for {self.kind}")
        if self.kind in ("slack", "teams") and self.secret is not None:
            raise ValueError(f"{self.kind} cannot check a signature; leave out the secret")
        return self

    def fields(self) -> dict[str, Any]:
        """Return everything but the secrets and the project."""
        return self.model_dump(exclude={"url", "secret", "password", "project_id"})


class StoredFields(ReceiverFields):
    """A receiver with its secrets sealed, as it is stored."""

    target: str = Field(description="The host or the addresses that it sends to.")
    sealed: dict[str, str] = Field(default_factory=dict)


class Receiver(StoredFields, Record):
    """A stored receiver."""


def target_of(draft: ReceiverDraft, url: str | None) -> str:
    """Return where a receiver sends to, without anything secret: the address of a webhook may hold a key."""
    if draft.kind == "email":
        return ", ".join(draft.recipients)
    return urlsplit(url or "").netloc
