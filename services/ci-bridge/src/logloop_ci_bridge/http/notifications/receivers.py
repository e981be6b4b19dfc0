"""Receivers of notifications under /api/v1/ci/receivers. Their secrets are write-only."""

from typing import Any

from fastapi import APIRouter, Response
from logloop_chassis.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, decode_id_cursor
from logloop_chassis.http.parameters import ProjectParam, body_problems, problems
from logloop_chassis.http.problems import Conflict, Unprocessable
from logloop_chassis.ids import RecordId, utc_now
from logloop_chassis.outbound.egress import EgressRefused
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from logloop_ci_bridge.http.callers import Caller, CurrentCaller, ProjectScoped, next_cursor
from logloop_ci_bridge.notifications.delivery import place_of
from logloop_ci_bridge.notifications.receivers import (
    BodyTemplate,
    Kind,
    Receiver,
    ReceiverDraft,
    ReceiverFields,
    StoredFields,
    target_of,
)
from logloop_ci_bridge.notifications.rendering import body_of, mail_text, values_of
from logloop_ci_bridge.notifications.samples import sample_notification, test_notification
from logloop_ci_bridge.record import Record

router = APIRouter(prefix="/api/v1/ci/receivers", tags=["notifications"])

_EXAMPLES: list[JsonValue] = [
    {
        "project_id": "shop",
        "name": "On call",
        "kind": "webhook",
        "url": "https://alerts.example.org/logloop",
        "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "template": {"summary": "{{title}}", "lines": "{{lines}}", "url": "{{link}}"},
    },
    {
        "project_id": "shop",
        "name": "Mail to the team",
        "kind": "email",
        "smtp": {"host": "smtp.example.org", "port": 587, "security": "starttls", "username": "logloop"},
        "password": "…",
        "sender": "logloop@example.org",
        "recipients": ["team@example.org"],
        "quiet_hours": {"start": "22:00", "end": "07:00", "timezone": "Europe/Berlin"},
    },
]


class NewReceiver(ProjectScoped, ReceiverDraft):
    """A receiver to create."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": _EXAMPLES})


class ReceiverView(ReceiverFields, Record):
    """A receiver without its secrets."""

    target: str = Field(description="The host or the addresses that it sends to.")
    secrets: list[str] = Field(description="The secrets that are stored: url, secret, password.")


class ReceiverPage(Page[ReceiverView]):
    """Receivers in the order of their creation."""


class ReceiverTest(BaseModel):
    """The outcome of a test message."""

    ok: bool
    status: int | None = Field(description="Status of the response; null without one.")
    detail: str | None = Field(description="Why it failed.")
    answer: str | None = Field(
        description="The beginning of what the receiver wrote; null for a private server and for e-mail."
    )


class PreviewRequest(ProjectScoped):
    """What a message depends on."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"project_id": "shop", "kind": "webhook", "template": {"summary": "{{title}}"}}]
        },
    )

    kind: Kind
    template: BodyTemplate = None


class ReceiverPreview(BaseModel):
    """A message about two sample lines, as it would be sent."""

    body: dict[str, JsonValue] | None = Field(description="Over HTTP: the JSON body.")
    subject: str | None = Field(description="By e-mail.")
    text: str | None = Field(description="By e-mail.")


class _NewStored(ProjectScoped, StoredFields):
    """What is stored of a new receiver, with its project."""


def _view(receiver: Receiver) -> ReceiverView:
    return ReceiverView(**receiver.model_dump(exclude={"sealed"}), secrets=sorted(receiver.sealed))


def _stored(caller: Caller, draft: ReceiverDraft, project_id: str, old: Receiver | None = None) -> dict[str, Any]:
    """Return the fields to store, with sealed secrets; those that are not given are kept. Raises Unprocessable."""
    box, sealed = caller.services.secret_box, dict(old.sealed if old else {})
    if old is not None and _sends_elsewhere(draft, old):
        sealed.pop("password", None)  # never to a server for which it was not entered
    for name, given in (("url", draft.url), ("secret", draft.secret), ("password", draft.password)):
        if given is None:
            continue
        if given.get_secret_value():
            sealed[name] = box.seal(given.get_secret_value(), place_of(project_id, name))
        else:
            sealed.pop(name, None)
    allowed = {"email": {"password"}, "webhook": {"url", "secret"}}.get(draft.kind, {"url"})
    sealed = {name: value for name, value in sealed.items() if name in allowed}
    if draft.kind != "email" and "url" not in sealed:
        raise _invalid("url", f"{draft.kind} needs a url")
    if draft.kind == "email" and draft.smtp is not None and draft.smtp.username and "password" not in sealed:
        raise _invalid(
            "password", "the user name of the mail server needs a password; enter it again for another server"
        )
    url = draft.url.get_secret_value() if draft.url else None
    _check_address(caller, draft, url)
    target = old.target if old and url is None and draft.kind != "email" else target_of(draft, url)
    return {**draft.fields(), "sealed": sealed, "target": target}


def _sends_elsewhere(draft: ReceiverDraft, old: Receiver) -> bool:
    if draft.smtp is None or old.smtp is None:
        return True
    return (draft.smtp.host, draft.smtp.username) != (old.smtp.host, old.smtp.username)


def _check_address(caller: Caller, draft: ReceiverDraft, url: str | None) -> None:
    """Raise Unprocessable for an address that can be refused without looking up its name."""
    try:
        if draft.smtp is not None:
            name = f"[{draft.smtp.host}]" if ":" in draft.smtp.host else draft.smtp.host
            caller.services.egress.check(f"https://{name}:{draft.smtp.port}")
        elif url is not None:
            caller.services.egress.check(url.partition("?")[0])
    except EgressRefused as error:
        raise _invalid("smtp.host" if draft.smtp is not None else "url", str(error)) from error


def _invalid(field: str, reason: str) -> Unprocessable:
    """Return the problem of one field of the body."""
    return Unprocessable(reason, errors=[{"field": f"body.{field}", "reason": reason}])


@router.post(
    "",
    status_code=201,
    summary="Create a receiver",
    operation_id="receiver_create",
    responses=body_problems(404, 409),
)
async def create(body: NewReceiver, caller: CurrentCaller) -> ReceiverView:
    """Define where notifications of rules go: a webhook, Slack, Teams, or e-mail."""
    await caller.may_create(body.project_id)
    fields = _stored(caller, body, body.project_id)
    stored = _NewStored.model_validate({**fields, "project_id": body.project_id})
    return _view(await caller.create(caller.stores.receivers, stored))


@router.post("/preview", summary="Preview a message", operation_id="receiver_preview", responses=body_problems(404))
async def preview(body: PreviewRequest, caller: CurrentCaller) -> ReceiverPreview:
    """Return a message about sample lines in the form of a kind of receiver. Nothing is sent or stored."""
    caller.may_read(body.project_id)
    page = caller.services.logs_page(body.project_id)
    sample = sample_notification(body.project_id, page, utc_now())
    values = values_of(sample, page, test=True)
    if body.kind == "email":
        return ReceiverPreview(body=None, subject=values["title"], text=mail_text(values))
    return ReceiverPreview(body=body_of(body.kind, body.template, sample, values), subject=None, text=None)


@router.get("", summary="List receivers", operation_id="receiver_list", responses=problems(404))
async def list_all(
    project_id: ProjectParam, caller: CurrentCaller, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> ReceiverPage:
    """List the receivers of a project, without their secrets."""
    caller.may_read(project_id)
    items = await caller.stores.receivers.page(project_id, limit=limit, after=decode_id_cursor(cursor))
    return ReceiverPage(items=[_view(item) for item in items], next_cursor=next_cursor(items, limit))


@router.get("/{receiver_id}", summary="Get a receiver", operation_id="receiver_read", responses=problems(404))
async def get(receiver_id: RecordId, caller: CurrentCaller) -> ReceiverView:
    """Return a receiver without its secrets."""
    return _view(await caller.read(caller.stores.receivers, receiver_id))


@router.put(
    "/{receiver_id}", summary="Change a receiver", operation_id="receiver_update", responses=body_problems(404, 409)
)
async def replace(receiver_id: RecordId, body: ReceiverDraft, caller: CurrentCaller) -> ReceiverView:
    """Replace every field of a receiver. Secrets that are not given stay, the password only for the same server."""
    found = await caller.to_change(caller.stores.receivers, receiver_id)
    fields = StoredFields.model_validate(_stored(caller, body, found.project_id, found))
    return _view(await caller.replace(caller.stores.receivers, found, fields))


@router.delete(
    "/{receiver_id}",
    status_code=204,
    summary="Delete a receiver",
    operation_id="receiver_delete",
    responses=problems(404, 409),
)
async def delete(receiver_id: RecordId, caller: CurrentCaller) -> Response:
    """Delete a receiver, unless a rule uses it. What it has not sent yet is dropped."""
    found = await caller.to_change(caller.stores.receivers, receiver_id)
    rules = await caller.stores.rules.all({"project_id": found.project_id, "action.notify": found.id})
    if rules:
        raise Conflict(f"rules use it: {', '.join(rule.name for rule in rules)}; change or delete them first")
    await caller.delete(caller.stores.receivers, found)
    return Response(status_code=204)


@router.post("/{receiver_id}/test", summary="Test a receiver", operation_id="receiver_test", responses=problems(404))
async def test(receiver_id: RecordId, caller: CurrentCaller) -> ReceiverTest:
    """Send a test message now, whatever the quiet hours, and return the receiver's answer."""
    found = await caller.to_change(caller.stores.receivers, receiver_id)
    now = utc_now()
    message = test_notification(found.project_id, found.id, caller.services.logs_page(found.project_id), now)
    result = await caller.services.sender.send(found, message, now, test=True)
    return ReceiverTest(ok=result.ok, status=result.status, detail=result.detail, answer=result.answer)
