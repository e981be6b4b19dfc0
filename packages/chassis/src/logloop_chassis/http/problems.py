"""Errors as RFC 9457 problem documents: the exceptions that services raise, and their handlers."""

from collections.abc import Mapping
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"
_METHOD_NOT_ALLOWED = 405
_UNREADABLE = "There was an error parsing the body"
"""FastAPI's own words."""
_log = structlog.get_logger()


class ProblemDocument(BaseModel):
    """The body of every error."""

    model_config = ConfigDict(extra="allow")

    type: str = Field("about:blank", examples=["about:blank"])
    title: str = Field(examples=["Not found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["there is no project 'shop'; list projects with GET /api/v1/projects"])
    instance: str | None = None
    errors: list[dict[str, Any]] | None = Field(None, description="One object per invalid field: field and reason.")


class Problem(Exception):
    """An error response. `detail` tells the caller what to do; `extra` becomes additional members."""

    status = 500
    title = "Internal error"

    def __init__(self, detail: str, *, headers: Mapping[str, str] | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = dict(headers or {})
        self.extra = extra

    def document(self) -> dict[str, Any]:
        """Return the problem as a JSON object."""
        return {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **self.extra,
        }


class BadRequest(Problem):
    """The request is malformed."""

    status, title = 400, "Bad request"


class Unauthorized(Problem):
    """The caller is not signed in, or the key is unknown, revoked or expired."""

    status, title = 401, "Not signed in"

    def __init__(self, detail: str = "send an API key as 'Authorization: Bearer …', or sign in") -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"})


class Forbidden(Problem):
    """The caller lacks the right to do this."""

    status, title = 403, "Not allowed"


class NotFound(Problem):
    """The resource does not exist, or the caller may not see it."""

    status, title = 404, "Not found"


class RequestTimeout(Problem):
    """The request did not arrive in time."""

    status, title = 408, "Request timeout"


class Conflict(Problem):
    """The resource already exists, or it was changed by someone else."""

    status, title = 409, "Conflict"


class TooLarge(Problem):
    """The request exceeds a size limit."""

    status, title = 413, "Too large"


class UnsupportedMedia(Problem):
    """The content type or encoding is not supported."""

    status, title = 415, "Unsupported media type"


class Unprocessable(Problem):
    """The request is well-formed but has invalid values."""

    status, title = 422, "Invalid values"


class TooManyRequests(Problem):
    """A rate or capacity limit is reached; retry after `retry_after` seconds."""

    status, title = 429, "Too many requests"

    def __init__(self, detail: str, *, retry_after: int = 1, **extra: Any) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)}, **extra)


class Unavailable(Problem):
    """A dependency is unavailable; retry after `retry_after` seconds."""

    status, title = 503, "Unavailable"

    def __init__(self, detail: str, *, retry_after: int = 2, **extra: Any) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)}, **extra)


class BadGateway(Problem):
    """Another service returned an error."""

    status, title = 502, "Another service failed"


_DESCRIPTIONS = {
    kind.status: (kind.__doc__ or kind.title)
    for kind in (
        BadRequest,
        Unauthorized,
        Forbidden,
        NotFound,
        Conflict,
        TooLarge,
        UnsupportedMedia,
        Unprocessable,
        TooManyRequests,
        Unavailable,
        BadGateway,
    )
}


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the `responses=` of an operation that may return these problems."""
    reference = {"$ref": "#/components/schemas/ProblemDocument"}
    return {
        status: {
            "description": _DESCRIPTIONS.get(status, "Problem"),
            "model": ProblemDocument,
            "content": {MEDIA_TYPE: {"schema": reference}},
        }
        for status in statuses
    }


def document_unreadable_requests(app: FastAPI) -> None:
    """Document FastAPI's own error responses: 422 as a problem, and 400 wherever a body is read."""
    original = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = original()
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            schemas.setdefault("ProblemDocument", ProblemDocument.model_json_schema())
            for item in document.get("paths", {}).values():
                for operation in item.values():
                    _document_unreadable(operation)
        return app.openapi_schema or {}

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the document


def _document_unreadable(operation: dict[str, Any]) -> None:
    answers: dict[str, Any] = operation["responses"]
    if "requestBody" in operation:
        answers.setdefault("400", _documented(400))
    if MEDIA_TYPE not in answers.get("422", {}).get("content", {MEDIA_TYPE: {}}):
        answers["422"] = _documented(422)


def _documented(status: int) -> dict[str, Any]:
    return {name: value for name, value in problem_responses(status)[status].items() if name != "model"}


def problem_response(problem: Problem) -> Response:
    """Return the HTTP response for a problem."""
    return Response(
        orjson.dumps(problem.document(), default=str),
        status_code=problem.status,
        headers={**problem.headers, "Cache-Control": "no-store"},
        media_type=MEDIA_TYPE,
    )


async def _on_problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return problem_response(error)


async def _on_validation_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [
        {"field": ".".join(str(part) for part in item["loc"]), "reason": item["msg"]} for item in error.errors()[:50]
    ]
    named = ", ".join(sorted({item["field"] for item in errors})[:5])
    return problem_response(Unprocessable(f"invalid or missing values: {named}", errors=errors))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem_response(_problem_of(error, request))


def _problem_of(error: HTTPException, request: Request) -> Problem:
    """Return FastAPI's own exception as a problem that says what to do."""
    if error.detail == _UNREADABLE:
        return BadRequest("the body cannot be parsed; send JSON in UTF-8")
    if error.status_code == TooLarge.status:
        return TooLarge(error.detail)
    detail = error.detail
    if error.status_code == NotFound.status:
        detail = f"no endpoint at {request.url.path[:200]}; /docs lists all endpoints"
    elif error.status_code == _METHOD_NOT_ALLOWED:
        allowed = (error.headers or {}).get("Allow", "another method")
        detail = f"{request.method} is not allowed here; use {allowed}"
    problem = Problem(detail, headers=error.headers)
    problem.status, problem.title = error.status_code, error.detail
    return problem


async def _on_crash(request: Request, error: Exception) -> Response:
    _log.error("request failed unexpectedly", path=request.url.path, method=request.method, exc_info=error)
    return problem_response(Problem("internal error; the log of the service has the details"))


def register_problems(app: FastAPI) -> None:
    """Return every error of an app as a problem document."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(Exception, _on_crash)
    document_unreadable_requests(app)
