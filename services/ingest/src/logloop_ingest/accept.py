"""The use case of ingest: a caller's entries go, checked, to the projects they belong to.

It must not know HTTP or AMQP; both doors call it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from logloop_chassis.auth import Principal, require
from logloop_chassis.problems import Forbidden, NotFound, Unprocessable
from pydantic import BaseModel, Field

from logloop_ingest.building import Submission, Taken
from logloop_ingest.checking import Fault, Rules, check
from logloop_ingest.in_flight import InFlight
from logloop_ingest.limits import MAX_PROJECTS, Limits
from logloop_ingest.telemetry import ACCEPTED, REJECTED

_MAX_SHOWN = 100


class FieldError(BaseModel):
    """What is wrong with one field."""

    field: str = Field(examples=["timestamp"])
    code: str = Field(examples=["no_offset"])
    reason: str = Field(examples=["needs an offset: end it with Z or +01:00"])


class Refusal(BaseModel):
    """An entry that was not taken in."""

    index: int = Field(ge=0, description="Position in the request, from 0.")
    errors: list[FieldError]


class Receipt(BaseModel):
    """What became of a request. Everything counted as accepted is confirmed by the broker."""

    accepted: int = Field(ge=0, examples=[1])
    rejected: list[Refusal] = Field(default_factory=list, description="Entries not taken in; the others were.")
    batch_id: str | None = Field(
        None, description="The batch of the accepted entries; the same again for the same Idempotency-Key."
    )


class Submitting(Protocol):
    """What the use case needs of the batcher."""

    async def submit(self, project_id: str, submission: Submission) -> Taken:
        """Return once the broker confirmed. Raises NotPublished."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """Decoded entries with what is known about how they came. `size` is in bytes of JSON."""

    entries: list[Any]
    size: int
    door: str
    idempotency_key: str | None = None


class Acceptor:
    """Splits entries by project, checks the caller's right to each, and waits for their confirms."""

    def __init__(
        self,
        batcher: Submitting,
        in_flight: InFlight,
        limits: Limits,
        project_exists: Callable[[str], Awaitable[bool]],
    ) -> None:
        self._batcher = batcher
        self._in_flight = in_flight
        self._limits = limits
        self._project_exists = project_exists

    async def accept(self, principal: Principal, parcel: Parcel) -> Receipt:
        """Take in what can be taken.

        Raises Unprocessable when no entry can, Forbidden or NotFound when the caller may send to none of the
        projects, TooManyRequests, and NotPublished when the broker did not confirm.
        """
        if not parcel.entries:
            raise Unprocessable("there is no log entry in this request; send at least one")
        with self._in_flight.holding(parcel.size):
            only = principal.only_project()
            if only is not None:
                return await self._accept_one_project(principal, parcel, only)
            return await self._accept_many_projects(principal, parcel)

    async def _accept_one_project(self, principal: Principal, parcel: Parcel, project_id: str) -> Receipt:
        require(principal, "ingest", project_id)
        key_id = principal.id if principal.kind == "key" else None
        submission = Submission(parcel.entries, parcel.size, parcel.idempotency_key, key_id)
        taken = await self._batcher.submit(project_id, submission)
        if not taken.accepted and all(faults[0].code == "foreign_project" for faults in taken.refused.values()):
            raise Forbidden(f"you may send to project {project_id!r} and to no other")
        return _receipt([taken], taken.refused, parcel.door)

    async def _accept_many_projects(self, principal: Principal, parcel: Parcel) -> Receipt:
        refused: dict[int, list[Fault]] = {}
        groups = await self._by_project(principal, parcel.entries, refused)
        answers = await asyncio.gather(
            *(self._submit(project_id, positions, principal, parcel) for project_id, positions in groups.items())
        )
        for positions, taken in zip(groups.values(), answers, strict=True):
            refused |= {positions[position]: faults for position, faults in taken.refused.items()}
        return _receipt(answers, refused, parcel.door)

    async def _submit(self, project_id: str, positions: list[int], principal: Principal, parcel: Parcel) -> Taken:
        entries = [parcel.entries[position] for position in positions]
        key_id = principal.id if principal.kind == "key" else None
        size = parcel.size * len(entries) // len(parcel.entries)
        return await self._batcher.submit(project_id, Submission(entries, size, parcel.idempotency_key, key_id))

    async def _by_project(
        self, principal: Principal, entries: list[Any], refused: dict[int, list[Fault]]
    ) -> dict[str, list[int]]:
        """Positions of entries for each project the caller may send to; the rest goes to `refused`."""
        groups: dict[str, list[int]] = {}
        problems: dict[str, Forbidden | NotFound] = {}
        for position, entry in enumerate(entries):
            project_id = entry.get("project_id") if isinstance(entry, dict) else None
            if not isinstance(project_id, str):
                refused[position] = _faults(entry, self._limits)
                continue
            if project_id not in groups and project_id not in problems:
                problem = await self._refusal(principal, project_id, len(groups))
                if problem is None:
                    groups[project_id] = []
                else:
                    problems[project_id] = problem
            if project_id in groups:
                groups[project_id].append(position)
            else:
                refused[position] = [Fault("project_id", "not_allowed", problems[project_id].detail)]
        if problems and not groups and all(faults[0].code == "not_allowed" for faults in refused.values()):
            raise next(iter(problems.values()))
        return groups

    async def _refusal(self, principal: Principal, project_id: str, projects: int) -> Forbidden | NotFound | None:
        """Why the caller may not send to a project."""
        if projects >= MAX_PROJECTS:
            return Forbidden(f"a request may name at most {MAX_PROJECTS} projects")
        try:
            require(principal, "ingest", project_id)
        except (Forbidden, NotFound) as problem:
            return problem
        if not await self._project_exists(project_id):
            return NotFound(f"there is no project {project_id[:80]!r}; create it first")
        return None


def _faults(entry: Any, limits: Limits) -> list[Fault]:
    """What is wrong with an entry that names no project."""
    found = check(entry, Rules(limits, 0, None))
    return found if isinstance(found, list) else [Fault("project_id", "missing", "is required")]


def _receipt(answers: list[Taken], refused: dict[int, list[Fault]], door: str) -> Receipt:
    accepted = sum(taken.accepted for taken in answers)
    for faults in refused.values():
        REJECTED.labels(door, faults[0].code).inc()
    rejected = [
        Refusal(index=index, errors=[FieldError(**fault._asdict()) for fault in refused[index]])
        for index in sorted(refused)
    ]
    if not accepted:
        errors = [{"index": item.index, **item.errors[0].model_dump()} for item in rejected[:_MAX_SHOWN]]
        raise Unprocessable("no log entry could be taken in; 'errors' says why for each", errors=errors)
    ACCEPTED.labels(door).inc(accepted)
    batch_id = next((taken.batch_id for taken in answers if taken.batch_id), None)
    return Receipt(accepted=accepted, rejected=rejected, batch_id=batch_id)
