"""Lists the routers in the order of matching, and the tags in the order in which Swagger shows them."""

from typing import Any

from fastapi import APIRouter

from logloop_query.http import (
    analyses,
    audit,
    docs,
    flaky_tests,
    internal,
    pattern_edits,
    providers,
    runs_of_tests,
    saved_views,
)
from logloop_query.http.catalogue import metrics, overview, projects, services, tests
from logloop_query.http.identity import api_keys, members, session, sign_on, two_factor, users
from logloop_query.http.logs import counts, edits, export, facets, search, tail
from logloop_query.http.loki import labels as loki_labels
from logloop_query.http.loki import queries as loki_queries
from logloop_query.http.loki import status as loki_status
from logloop_query.http.loki import tail as loki_tail

_RECORDS = (
    *(
        session,
        two_factor,
        sign_on,
        projects,
        services,
        tests,
        runs_of_tests,
        flaky_tests,
        metrics,
        analyses,
        saved_views,
        pattern_edits,
        providers,
        api_keys,
        users,
        members,
        audit,
    ),
    *(internal, docs),
)
_LOKI = (loki_queries, loki_labels, loki_tail, loki_status)
_LOGS = (overview, counts, facets, tail, export, search, edits, *_LOKI)

RECORD_ROUTERS: list[APIRouter] = [module.router for module in _RECORDS]
ROUTERS: list[APIRouter] = [*RECORD_ROUTERS, *(module.router for module in _LOGS)]
"""Records come first, because /logs/analyses must match before /logs/{id}."""

TAGS: list[dict[str, Any]] = [
    {"name": "logs", "description": "Search, counts, patterns, live tail, export, and changes of single logs."},
    {"name": "analyses", "description": "Explanations of logs that cite the log lines they rest on."},
    {"name": "projects", "description": "Projects separate the data of teams from each other."},
    {"name": "services", "description": "Programs that write logs. The first log registers a service."},
    {"name": "tests", "description": "Tests that wrote logs, their runs and outcomes."},
    {"name": "metrics", "description": "Named numbers over time."},
    {"name": "saved views", "description": "Searches with a time range and columns, personal or shared."},
    {"name": "session", "description": "Signing in and out."},
    {"name": "users", "description": "Users, and the members of projects."},
    {"name": "API keys", "description": "Credentials of programs."},
    {"name": "settings", "description": "Model provider and GitHub credentials. Secrets are never returned."},
    {"name": "audit", "description": "The record of all changes."},
]
