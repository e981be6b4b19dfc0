"""HTTP routes of ci-bridge, a file per resource.

They must not decide: each parses, asks one use case or store, and answers.
"""

from typing import Any

from fastapi import APIRouter

from logloop_ci_bridge.http import dispatches, pipelines, rules, runs, templates, webhooks

ROUTERS: tuple[APIRouter, ...] = (
    templates.router,
    pipelines.router,
    rules.router,
    dispatches.router,
    runs.router,
    webhooks.router,
)
TAGS: tuple[dict[str, Any], ...] = (
    {"name": "templates", "description": "Typed payloads of dispatches."},
    {"name": "pipelines", "description": "Which workflow of which repository a service's actions start."},
    {"name": "rules", "description": "Conditions on logs, analyses and runs that start a pipeline."},
    {"name": "dispatches", "description": "What was asked of GitHub, and what came of it."},
    {"name": "runs", "description": "Workflow runs and their output as logs."},
    {"name": "webhooks", "description": "What GitHub tells."},
)
