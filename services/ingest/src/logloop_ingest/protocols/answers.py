"""Answers that several protocols share."""

import orjson
from logloop_chassis.http.problems import Problem

from logloop_ingest.accept import Result
from logloop_ingest.protocols.protocol import Answer, Envelope

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"


def no_content(_envelope: Envelope, _result: Result, _body: bytes) -> Answer:
    """Return 204."""
    return Answer(204)


def as_text(_envelope: Envelope, problem: Problem, _body: bytes | None = None) -> Answer:
    """Return what is wrong as plain text."""
    return Answer(problem.status, f"{problem.detail}\n".encode(), TEXT, problem.headers)


def as_json(status: int, document: object, problem: Problem | None = None) -> Answer:
    """Return a JSON document, with the headers of a problem if there is one."""
    return Answer(status, orjson.dumps(document), JSON, {} if problem is None else problem.headers)
