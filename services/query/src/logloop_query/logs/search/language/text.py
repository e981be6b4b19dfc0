"""Parses the search text and time bounds of a request, and reports errors as problems."""

from datetime import datetime

from logloop_chassis.http.problems import Unprocessable

from logloop_query.logs.search.language.filter import Filter
from logloop_query.logs.search.language.syntax import BadQuery, parse_query
from logloop_query.time_bounds import parse_moment, to_microseconds


def read_filter(q: str, now: datetime | None = None) -> Filter:
    """Return the filter of a search text. Raises Unprocessable with the position."""
    try:
        return parse_query(q, now=now)
    except BadQuery as error:
        reason = {"field": "q", "reason": error.reason, "position": error.position}
        raise Unprocessable(f"invalid search: {error.reason}", errors=[reason]) from error


def read_moment(text: str | None, field: str, now: datetime) -> int | None:
    """Return a time bound in microseconds. Raises Unprocessable."""
    if text is None or not text.strip():
        return None
    try:
        return to_microseconds(parse_moment(text, now))
    except ValueError as error:
        raise Unprocessable(str(error), errors=[{"field": field, "reason": str(error)}]) from error
