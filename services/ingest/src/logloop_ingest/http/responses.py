"""The responses of POST /api/v1/logs: the receipt, and the problems that ingest itself answers with."""

from dataclasses import dataclass, field
from typing import Annotated, Any

import orjson
from logloop_chassis.http.problems import Forbidden, NotFound, Problem, TooManyRequests, Unavailable, Unprocessable
from logloop_chassis.messaging.publisher import NotPublished
from pydantic import Field

from logloop_ingest.accept import Result
from logloop_ingest.checking.check import RejectedEntry

_MAX_ERRORS = 100
_PROJECT_CODES = frozenset({"unknown_project", "forbidden_project"})


@dataclass(frozen=True, slots=True)
class FieldError:
    """An error in one field."""

    field: Annotated[str, Field(examples=["timestamp"])]
    reason: Annotated[str, Field(examples=["needs an offset: end it with Z or +01:00"])]


@dataclass(frozen=True, slots=True)
class EntryErrors:
    """A rejected entry and its errors."""

    index: Annotated[int, Field(ge=0, description="Position in the request, from 0.")]
    errors: list[FieldError]


@dataclass(frozen=True, slots=True)
class Receipt:
    """The outcome of a request. The broker has confirmed every accepted entry."""

    accepted: Annotated[int, Field(ge=1, description="Number of accepted entries.", examples=[1])]
    rejected: Annotated[list[EntryErrors], Field(description="The rejected entries; all others are accepted.")]
    batch_id: Annotated[
        str | None,
        Field(
            description="Batch of the accepted entries. The same Idempotency-Key gives the same batch. "
            "Null when the entries belong to several projects.",
            examples=["06hd3k2p9s8t4u1v7a5b3c2d1e"],
        ),
    ]
    batches: Annotated[dict[str, str], Field(description="Batch by project, when there are several.")] = field(
        default_factory=dict
    )
    duplicate: Annotated[
        bool,
        Field(description="These entries were confirmed before with this Idempotency-Key; nothing was stored again."),
    ] = False


def receipt(result: Result) -> bytes:
    """Return the JSON text of a Receipt. Raises a Problem when no entry was accepted."""
    rejected = [{"index": item.index, "errors": _errors(item)} for item in result.rejected]
    if not result.accepted:
        raise _nothing_accepted(result.rejected, rejected)
    several = len(result.batches) > 1
    document: dict[str, Any] = {
        "accepted": result.accepted,
        "rejected": rejected,
        "batch_id": None if several else next(iter(result.batches.values())),
        "batches": result.batches if several else {},
        "duplicate": result.duplicate,
    }
    return orjson.dumps(document)


def not_confirmed(error: NotPublished) -> Problem:
    """Return the problem of logs that the broker did not confirm."""
    if error.reason == "full":
        return TooManyRequests("log queue full: storage is falling behind; send again later", retry_after=5)
    if error.reason == "timeout":
        return Unavailable(
            "the message broker did not confirm in time, so these logs may or may not be stored; "
            "send again, with an Idempotency-Key to store them once"
        )
    return Unavailable(
        "the message broker is unavailable, so these logs may not be stored; "
        "send again, with an Idempotency-Key to store them once"
    )


def _errors(item: RejectedEntry) -> list[dict[str, str]]:
    return [{"field": violation.field, "reason": violation.reason} for violation in item.violations]


def project_problem(entries: list[RejectedEntry], **extra: Any) -> Problem | None:
    """Return the problem of entries that were all rejected because of their project, None for other reasons."""
    codes = {violation.code for item in entries for violation in item.violations}
    if codes == {"unknown_project"}:
        return NotFound(entries[0].violations[0].reason, **extra)
    if codes and codes <= _PROJECT_CODES:
        return Forbidden("this caller may not send logs to the project of these entries", **extra)
    return None


def _nothing_accepted(entries: list[RejectedEntry], rejected: list[dict[str, Any]]) -> Problem:
    problem = project_problem(entries, rejected=rejected)
    if problem is not None:
        return problem
    errors = [{"index": item.index, **error} for item in entries[:_MAX_ERRORS] for error in _errors(item)]
    detail = "every entry was rejected; see 'errors'" if entries else "the body has no entries; send at least one"
    return Unprocessable(detail, errors=errors, rejected=rejected)
