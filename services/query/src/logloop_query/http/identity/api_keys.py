"""Endpoints of API keys. A secret is shown once."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from logloop_chassis.auth.principal import require
from logloop_chassis.database.client import Document
from logloop_chassis.http.paging import Cursor, Limit, Page, decode_id_cursor, next_id_cursor
from logloop_chassis.http.parameters import body_problems, problems
from logloop_contracts.log_entry import PROJECT_ID_PATTERN
from pydantic import AwareDatetime, Field

from logloop_query.http.dependencies import CurrentActor, CurrentApiKeys
from logloop_query.http.fields import Input, Moment, Name, Output, ProjectId
from logloop_query.identity.api_keys import ApiKeys, missing_key
from logloop_query.records.audit import Actor

router = APIRouter(prefix="/api/v1/api-keys", tags=["API keys"])
KeyPath = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9]{1,64}$", description="The key's public part.", examples=["k3vT9xQ2bZ"])
]
KeyScope = Literal["ingest", "read", "admin"]


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


class CreatedApiKey(ApiKey):
    """A new key with its secret, which is shown only now."""

    key: str = Field(examples=["llk_k3vT9xQ2bZ_0123456789abcdefghijklmnopqrstuv"])


class ApiKeyPage(Page[ApiKey]):
    """One page of keys."""


def _key(document: Document) -> ApiKey:
    return ApiKey(id=document["_id"], **{name: value for name, value in document.items() if name != "_id"})


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
    document, text = await api_keys.create(actor, body.name, body.project_id, body.scopes, body.expires_at)
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
    return ApiKeyPage(items=[_key(document) for document in found], next_cursor=next_id_cursor(found, limit, "_id"))


@router.get("/{key_id}", summary="Read an API key", operation_id="api_key_read", responses=problems(404))
async def read(key_id: KeyPath, actor: CurrentActor, api_keys: CurrentApiKeys) -> ApiKey:
    """Read one key without its secret."""
    return _key(await _manageable(api_keys, actor, key_id))


@router.delete("/{key_id}", summary="Revoke an API key", operation_id="api_key_revoke", responses=problems(404))
async def revoke(key_id: KeyPath, actor: CurrentActor, api_keys: CurrentApiKeys) -> ApiKey:
    """Revoke a key permanently. Every service rejects it within five seconds. Idempotent."""
    await _manageable(api_keys, actor, key_id)
    return _key(await api_keys.revoke(actor, key_id))
