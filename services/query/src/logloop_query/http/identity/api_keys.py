"""Endpoints of API keys. A secret is shown once."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Path, Query
from logloop_chassis.auth.principal import require
from logloop_chassis.database.client import Document
from logloop_chassis.http.paging import Cursor, Limit, Page, decode_id_cursor, next_id_cursor
from logloop_chassis.http.parameters import body_problems, problems
from logloop_contracts.log_entry import PROJECT_ID_PATTERN
from pydantic import AwareDatetime, Field

from logloop_query.http.dependencies import CurrentActor, CurrentApiKeys
from logloop_query.http.fields import Input, Moment, Name, Output, ProjectId
from logloop_query.identity.api_keys import ApiKeys, NewKey, missing_key
from logloop_query.records.audit import Actor

router = APIRouter(prefix="/api/v1/api-keys", tags=["API keys"])
KeyPath = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9]{1,64}$", description="The key's public part.", examples=["k3vT9xQ2bZ"])
]
KeyScope = Literal["ingest", "read", "admin"]
BytesPerSecond = Annotated[
    int,
    Field(
        ge=1024,
        le=2**40,
        description="Bytes a second that the key may send, after decompression, with a burst of ten seconds. Each "
        "process of ingest enforces it for itself. null: no limit.",
        examples=[1_000_000],
    ),
]
BytesPerDay = Annotated[
    int,
    Field(
        ge=1024,
        le=2**50,
        description="Bytes that the key may send per day of UTC, after decompression. null: no limit.",
        examples=[10_000_000_000],
    ),
]


class NewApiKey(Input):
    """A key to create."""

    name: Name = Field(description="What the key is for.", examples=["checkout in production"])
    project_id: ProjectId | None = Field(None, description="Omitted: every project; only with the scope admin.")
    scopes: list[KeyScope] = Field(
        min_length=1,
        max_length=3,
        description="`ingest` sends logs and points, `read` reads, `admin` does everything in the project.",
        examples=[["ingest"]],
    )
    expires_at: AwareDatetime | None = Field(
        None, description="When the key expires; omitted: never.", examples=["2099-01-01T00:00:00Z"]
    )
    max_bytes_per_s: BytesPerSecond | None = None
    daily_quota_bytes: BytesPerDay | None = None


class ApiKeyChanges(Input):
    """Fields to change. Omitted fields stay as they are."""

    name: Name = Field(default_factory=str, examples=["checkout in production"])
    max_bytes_per_s: BytesPerSecond | None = None
    daily_quota_bytes: BytesPerDay | None = None


class Rotation(Input):
    """How to replace a key."""

    grace_hours: float = Field(
        24, ge=0, le=720, allow_inf_nan=False, description="Hours for which the old key stays valid; at most 30 days."
    )


class KeyUsage(Output):
    """What was sent with a key on one day."""

    day: str = Field(description="In UTC.", examples=["2026-11-27"])
    entries: int = Field(description="Entries that were accepted.")
    bytes: int = Field(description="Bytes of their requests after decompression.")
    refused: int = Field(description="Requests that were refused because of the limits of the key.")


class ApiKey(Output):
    """A key without its secret."""

    id: str = Field(description="Public part; the key starts with llk_<id>_.", examples=["k3vT9xQ2bZ"])
    name: str
    project_id: str | None
    scopes: list[KeyScope]
    created_at: Moment
    created_by: str | None = Field(description="Id of the user or key that created it.")
    expires_at: Moment | None
    revoked_at: Moment | None
    last_used_at: Moment | None = Field(description="Accurate to a minute.")
    max_bytes_per_s: int | None = Field(None, description="Bytes a second that the key may send.")
    daily_quota_bytes: int | None = Field(None, description="Bytes per day of UTC that the key may send.")
    replaces: str | None = Field(None, description="Id of the key that this one replaces.")
    replaced_by: str | None = Field(None, description="Id of the key that replaces this one, which ends then.")
    usage: list[KeyUsage] = Field(
        default_factory=list,
        description="What was sent on the last seven days, newest first, without days of no use. A key shares its "
        "limits and counts with the key that it replaces. Accurate to some seconds.",
    )


class CreatedApiKey(ApiKey):
    """A new key with its secret, which is shown only now."""

    key: str = Field(examples=["llk_k3vT9xQ2bZ_0123456789abcdefghijklmnopqrstuv"])


class ApiKeyPage(Page[ApiKey]):
    """One page of keys."""


def _key(document: Document, usage: Sequence[Document] = ()) -> ApiKey:
    fields = {name: value for name, value in document.items() if name != "_id"}
    return ApiKey(id=document["_id"], usage=[KeyUsage(**item) for item in usage], **fields)


async def _with_usage(api_keys: ApiKeys, documents: Sequence[Document]) -> list[ApiKey]:
    usage = await api_keys.usage(documents)
    return [_key(document, usage[document["_id"]]) for document in documents]


async def _manageable(api_keys: ApiKeys, actor: Actor, key_id: str) -> Document:
    document = await api_keys.get(key_id)
    project_id = document["project_id"]
    if not actor.principal.is_admin and (project_id is None or not actor.principal.sees(project_id)):
        raise missing_key(key_id)
    require(actor.principal, "admin", project_id)
    return document


@router.post(
    "", status_code=201, summary="Create an API key", operation_id="api_key_create", responses=body_problems(404, 409)
)
async def create(body: NewApiKey, actor: CurrentActor, api_keys: CurrentApiKeys) -> CreatedApiKey:
    """Create a key for programs. Only this response contains the whole key; only a hash of the secret is stored."""
    require(actor.principal, "admin", body.project_id)
    document, text = await api_keys.create(actor, NewKey(**body.model_dump()))
    return CreatedApiKey(key=text, **_key(document).model_dump())


@router.get("", summary="List API keys", operation_id="api_key_list", responses=problems(404))
async def list_(
    actor: CurrentActor,
    api_keys: CurrentApiKeys,
    project_id: Annotated[
        str | None, Query(pattern=PROJECT_ID_PATTERN, description="Omitted: all keys; needs an administrator.")
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> ApiKeyPage:
    """List keys ordered by id, including revoked and expired keys, without secrets."""
    require(actor.principal, "admin", project_id)
    found = await api_keys.page(
        project_id, everywhere=project_id is None, after=decode_id_cursor(cursor), limit=limit
    )
    return ApiKeyPage(items=await _with_usage(api_keys, found), next_cursor=next_id_cursor(found, limit, "_id"))


@router.get("/{key_id}", summary="Read an API key", operation_id="api_key_read", responses=problems(404))
async def read(key_id: KeyPath, actor: CurrentActor, api_keys: CurrentApiKeys) -> ApiKey:
    """Read one key without its secret, and what was sent with it on the last seven days."""
    [key] = await _with_usage(api_keys, [await _manageable(api_keys, actor, key_id)])
    return key


@router.patch("/{key_id}", summary="Change an API key", operation_id="api_key_update", responses=body_problems(404))
async def update(key_id: KeyPath, body: ApiKeyChanges, actor: CurrentActor, api_keys: CurrentApiKeys) -> ApiKey:
    """Change the name or the limits of a key. Every service follows within five seconds."""
    await _manageable(api_keys, actor, key_id)
    [key] = await _with_usage(api_keys, [await api_keys.update(actor, key_id, body.model_dump(exclude_unset=True))])
    return key


@router.post(
    "/{key_id}/rotate",
    status_code=201,
    summary="Replace an API key",
    operation_id="api_key_rotate",
    responses=body_problems(404, 409),
)
async def rotate(
    key_id: KeyPath,
    actor: CurrentActor,
    api_keys: CurrentApiKeys,
    body: Annotated[Rotation, Body(default_factory=Rotation)],
) -> CreatedApiKey:
    """Create a key with the same name, rights and limits. The old key stays valid for the grace period.

    Both share their limits. A key that expires is replaced by one with the same time to live.
    """
    await _manageable(api_keys, actor, key_id)
    document, text = await api_keys.rotate(actor, key_id, timedelta(hours=body.grace_hours))
    return CreatedApiKey(key=text, **_key(document).model_dump())


@router.delete("/{key_id}", summary="Revoke an API key", operation_id="api_key_revoke", responses=problems(404))
async def revoke(key_id: KeyPath, actor: CurrentActor, api_keys: CurrentApiKeys) -> ApiKey:
    """Revoke a key permanently. Every service rejects it within five seconds. Idempotent."""
    await _manageable(api_keys, actor, key_id)
    return _key(await api_keys.revoke(actor, key_id))
