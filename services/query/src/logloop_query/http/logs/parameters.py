"""What every route on logs takes: the project, the search text, the window; and what it may answer.

It must not search.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from logloop_chassis.auth.authenticator import Authenticator
from logloop_chassis.auth.dependencies import CurrentPrincipal
from logloop_chassis.auth.principal import Principal, Scope, require
from logloop_chassis.http.problems import NotFound, Unprocessable, problem_responses
from logloop_contracts.log_batch import LogId, parse_log_id
from logloop_contracts.log_entry import PROJECT_ID_PATTERN

from logloop_query.logs.search.plan import MAX_US, MIN_US, Window
from logloop_query.logs.search.searching import Searching
from logloop_query.logs.search.text import read_filter, read_moment

SYNTAX_HELP = """
Terms are joined by AND unless OR stands between them; `-term` or `NOT term` leaves logs out; parentheses group.
OR and AND bind tighter than a blank.

| write | finds |
|---|---|
| `refused` or `"connection refused"` | messages with that text, upper and lower case alike |
| `time*`, `*out`, `t?me` | a word of the message; `*` any run of non-blanks, `?` one |
| `/time(d )?out/` | messages that an RE2 regular expression matches; `(?i)` ignores case |
| `severity:error`, `severity:>=warn` | by severity (debug, info, warn, error) |
| `service:cart`, `test:"a.py::test_b"`, `func:…`, `source:stdout` | exact values; `cart*` and `/…/` work too |
| `pattern:"took <*> ms"` | messages of one pattern |
| `attributes.http.status:500`, `attributes.host:web-*` | a value inside attributes, nested or with dots in its name |
| `attributes.took_ms:>=250`, `attributes.took_ms:[100 TO 500}` | ranges |
| `attributes.trace_id:*`, `_exists_:test_id` | logs that have the field |
| `timestamp:>=2026-11-22T10:00:00Z`, `timestamp:[2h TO now]` | time |
| `id:…` | one log |
"""

TOO_SLOW = (
    "this search took too long over one group of logs; make its regular expressions simpler (long repeats such as "
    ".{100} are slow) or add a word or a field that the logs must have"
)

Q = Annotated[
    str,
    Query(
        max_length=4096,
        description="Search text in Lucene syntax; empty selects every log.\n" + SYNTAX_HELP,
        examples=['severity:error service:cart "connection refused" -debug'],
    ),
]
Since = Annotated[
    str | None,
    Query(description="First moment: RFC 3339, or an age such as 15m, 2h, 7d.", examples=["1h"], max_length=40),
]
Until = Annotated[
    str | None,
    Query(description="First moment that is left out: RFC 3339, an age, or now.", examples=["now"], max_length=40),
]
ProjectQuery = Annotated[
    str | None,
    Query(
        pattern=PROJECT_ID_PATTERN,
        description="The project. May be left out with an API key of one project.",
        examples=["shop"],
    ),
]


def log_problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Problems that every operation on logs may answer with, and further ones."""
    return problem_responses(*sorted({401, 403, 404, 422, 503, *statuses}))


@dataclass(frozen=True, slots=True)
class Scoped:
    """The logs that a request is about, after the caller's right to them was checked."""

    window: Window
    now: datetime
    caller: str

    @property
    def project_id(self) -> str:
        """The project."""
        return self.window.project_id


async def project_for(request: Request, principal: Principal, project_id: str | None, scope: Scope) -> str:
    """The project of a request. Raises Unprocessable when it is open, NotFound or Forbidden."""
    found = project_id or principal.only_project()
    if found is None:
        missing = {"field": "project_id", "reason": "missing"}
        raise Unprocessable("say which project: add project_id", errors=[missing])
    require(principal, scope, found)
    authenticator: Authenticator = request.app.state.resources.authenticator
    if principal.projects is None and not await authenticator.project_exists(found):
        raise NotFound(f"there is no project {found!r}; list projects with GET /api/v1/projects")
    return found


def caller_key(principal: Principal, project_id: str) -> str:
    """Whose share of the searches a request takes from. A service works for many, so each project counts alone."""
    key = f"{principal.kind}:{principal.id}"
    return f"{key}:{project_id}" if principal.kind in {"service", "anonymous"} else key


async def scoped(
    request: Request,
    principal: Principal,
    project_id: str | None,
    q: str,
    since: str | None,
    until: str | None,
    scope: Scope,
) -> Scoped:
    """The logs that parameters select. Raises the problems of `project_for`, `read_filter` and `read_moment`."""
    project = await project_for(request, principal, project_id, scope)
    now = datetime.now(UTC)
    low, high = read_moment(since, "since", now), read_moment(until, "until", now)
    window = Window(
        project,
        read_filter(q, now),
        MIN_US if low is None else low,
        MAX_US if high is None else high - 1,
    )
    return Scoped(window, now, caller_key(principal, project))


async def readable_logs(
    request: Request,
    principal: CurrentPrincipal,
    project_id: ProjectQuery = None,
    q: Q = "",
    since: Since = None,
    until: Until = None,
) -> Scoped:
    """FastAPI dependency: logs that the caller may read."""
    return await scoped(request, principal, project_id, q, since, until, "read")


def log_id(text: str) -> LogId:
    """The id of a log in a path. Raises NotFound."""
    try:
        return parse_log_id(text)
    except ValueError as error:
        raise NotFound(f"{error}; take ids from a search") from error


def searching(request: Request) -> Searching:
    """The searches of this instance."""
    found: Searching = request.app.state.searching
    return found


ReadableLogs = Annotated[Scoped, Depends(readable_logs)]
CurrentSearching = Annotated[Searching, Depends(searching)]
