"""Parameters of the endpoints of logs: project, search text and time range."""

from typing import Annotated

from fastapi import Depends, Query, Request
from logloop_chassis.auth.dependencies import CurrentPrincipal
from logloop_chassis.auth.principal import Principal, Scope, require
from logloop_chassis.http.problems import NotFound, Unprocessable
from logloop_chassis.ids import utc_now
from logloop_chassis.state import resources_of
from logloop_contracts.log_batch import LogId, parse_log_id
from logloop_contracts.log_entry import PROJECT_ID_PATTERN

from logloop_query.catalogue.projects import missing_project
from logloop_query.http.dependencies import log_services
from logloop_query.logs.search.language.operators import hints
from logloop_query.logs.search.language.text import read_filter, read_moment
from logloop_query.logs.search.plan import MAX_US, MIN_US, LogSelection

SYNTAX_HELP = """
A space means AND. `-term` or `NOT term` excludes logs. NOT binds tightest, then AND and spaces, then OR:
`a b OR c` is `(a AND b) OR c`. Parentheses group. AND, OR and NOT are capital letters; in lower case they are words
of the message. A letter with an accent matches in each Unicode form.

| write | finds |
|---|---|
| `refused` or `"connection refused"` | messages that contain the text, ignoring case |
| `word:98765432`, `word:"read timeout"` | whole words, with no letter, digit or _ beside them; fast for ids |
| `time*`, `*out`, `t?me` | a word of the message; `*` stands for any characters except spaces, `?` for one |
| `/time(d )?out/` | messages that match an RE2 regular expression; `(?i)` ignores case |
| `severity:error`, `severity:>=warn` | logs by severity (debug, info, warn, error) |
| `service:cart`, `test:"a.py::test_b"`, `func:…`, `source:stdout` | exact values; `cart*` and `/…/` work too |
| `pattern:"took <*> ms"` | messages of one pattern, as the list of patterns shows it |
| `attributes.http.status:500`, `attributes.host:web-*` | a value in the attributes, nested or with dots in its name |
| `attributes.took_ms:>=250`, `attributes.took_ms:[100 TO 500}` | ranges |
| `attributes.trace_id:*`, `_exists_:test_id` | logs that have the field |
| `timestamp:>=2026-11-22T10:00:00Z`, `timestamp:[2h TO now]` | logs by time |
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
    Query(description="Start, inclusive: RFC 3339, or an age such as 15m, 2h or 7d.", examples=["1h"], max_length=40),
]
Until = Annotated[
    str | None,
    Query(description="End, exclusive: RFC 3339, an age, or now.", examples=["now"], max_length=40),
]
OptionalProject = Annotated[
    str | None,
    Query(
        pattern=PROJECT_ID_PATTERN,
        description="The project. May be omitted with an API key of one project.",
        examples=["shop"],
    ),
]


async def project_for(request: Request, principal: Principal, project_id: str | None, scope: Scope) -> str:
    """Return the project of a request. Raises Unprocessable when none is given, NotFound or Forbidden."""
    found = project_id or principal.only_project()
    if found is None:
        missing = {"field": "project_id", "reason": "missing"}
        raise Unprocessable("project_id is missing; add it", errors=[missing])
    require(principal, scope, found)
    authenticator = resources_of(request).authenticator
    if principal.projects is None and not await authenticator.project_exists(found):
        raise missing_project(found)
    return found


def caller_key(principal: Principal, project_id: str) -> str:
    """Return whose share of the searches a request uses.

    A service searches on behalf of many callers, so each of its projects has a share of its own.
    """
    key = f"{principal.kind}:{principal.id}"
    return f"{key}:{project_id}" if principal.kind in {"service", "anonymous"} else key


async def search_caller(principal: CurrentPrincipal, project_id: OptionalProject = None) -> str:
    """Return whose share of the searches the request uses."""
    return caller_key(principal, project_id or principal.only_project() or "")


SearchCaller = Annotated[str, Depends(search_caller)]


async def select_logs(
    request: Request,
    principal: Principal,
    project_id: str | None,
    q: str,
    since: str | None,
    until: str | None,
    scope: Scope,
) -> LogSelection:
    """Return the logs that parameters select. Raises Unprocessable, NotFound or Forbidden."""
    project = await project_for(request, principal, project_id, scope)
    now = utc_now()
    low, high = read_moment(since, "since", now), read_moment(until, "until", now)
    selection = LogSelection(
        project,
        read_filter(q, now),
        MIN_US if low is None else low,
        MAX_US if high is None else high - 1,
    )
    # What is read may be more than was meant; what is deleted may not.
    return await (await log_services(request)).templates.selected(selection, guess=scope == "read")


async def readable_logs(
    request: Request,
    principal: CurrentPrincipal,
    project_id: OptionalProject = None,
    q: Q = "",
    since: Since = None,
    until: Until = None,
) -> LogSelection:
    """FastAPI dependency: the selected logs, which the caller may read."""
    return await select_logs(request, principal, project_id, q, since, until, "read")


async def search_hints(q: Q = "") -> list[str]:
    """FastAPI dependency: what the search text probably means otherwise."""
    return hints(q)


def read_log_id(text: str) -> LogId:
    """Return the log id in a path. Raises NotFound."""
    try:
        return parse_log_id(text)
    except ValueError as error:
        raise NotFound(f"{error}; take ids from a search") from error


SearchHints = Annotated[list[str], Depends(search_hints)]
ReadableLogs = Annotated[LogSelection, Depends(readable_logs)]
