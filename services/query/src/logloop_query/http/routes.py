"""Every router of query in the order in which paths are tried, and the groups in which Swagger shows them.

It must not hold a route.
"""

from typing import Any

from fastapi import APIRouter

from logloop_query.http import analyses, audit, docs, internal
from logloop_query.http import providers as settings
from logloop_query.http.catalogue import metrics, projects, services, tests
from logloop_query.http.identity import api_keys, session, users
from logloop_query.http.logs import counts as log_counts
from logloop_query.http.logs import edits as log_edits
from logloop_query.http.logs import export, tail
from logloop_query.http.logs import search as logs

_RECORDS = (session, projects, services, tests, metrics, analyses, settings, api_keys, users, audit, internal, docs)
_LOGS = (log_counts, tail, export, logs, log_edits)

RECORD_ROUTERS: list[APIRouter] = [module.router for module in _RECORDS]
ROUTERS: list[APIRouter] = [*RECORD_ROUTERS, *(module.router for module in _LOGS)]
"""Records come first: /logs/analyses before /logs/{id}."""

TAGS: list[dict[str, Any]] = [
    {"name": "logs", "description": "Search, counts, patterns, live tail, export, and changes of single logs."},
    {"name": "analyses", "description": "Windows of logs explained with cited lines."},
    {"name": "projects", "description": "What keeps the logs of one team apart from those of another."},
    {"name": "services", "description": "What writes logs; registered by itself with the first one."},
    {"name": "tests", "description": "Tests that wrote logs, and how they ended."},
    {"name": "metrics", "description": "Named numbers over time."},
    {"name": "session", "description": "Signing in and out."},
    {"name": "users", "description": "Who may sign in, and to which projects."},
    {"name": "API keys", "description": "What programs sign in with."},
    {
        "name": "settings",
        "description": "Model providers and GitHub credentials; secrets are never returned.",
    },
    {"name": "audit", "description": "Who changed what."},
]
