"""Answers a request that failed because of MongoDB."""

from fastapi import FastAPI, Request, Response
from pymongo.errors import PyMongoError

from logloop_chassis.database.outages import is_outage
from logloop_chassis.http.problems import Unavailable, problem_response


def register_database_errors(app: FastAPI) -> None:
    """Answer 503 with Retry-After during an outage of MongoDB; any other database error stays a 500."""
    app.add_exception_handler(PyMongoError, _on_database_error)


async def _on_database_error(_: Request, error: Exception) -> Response:
    if not is_outage(error):
        raise error
    return problem_response(Unavailable("the database is unavailable; try again"))
