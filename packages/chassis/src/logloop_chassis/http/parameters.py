"""Parameters and error responses that the endpoints of all services share."""

from typing import Annotated, Any

from fastapi import Query
from logloop_contracts.log_entry import PROJECT_ID_PATTERN

from logloop_chassis.http.problems import problem_responses

ProjectParam = Annotated[
    str, Query(pattern=PROJECT_ID_PATTERN, max_length=63, description="The project.", examples=["shop"])
]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the error responses of an operation: these, and those of every operation that needs a caller."""
    return problem_responses(*sorted({401, 403, 422, 503, *statuses}))


def body_problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the error responses of an operation that reads a body, which may be malformed or too large."""
    return problems(400, 413, *statuses)
