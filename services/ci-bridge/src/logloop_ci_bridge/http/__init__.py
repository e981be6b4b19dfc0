"""HTTP routes of ci-bridge, one file for each resource."""

from typing import Any

from fastapi import APIRouter

from logloop_ci_bridge.http import (
    chains,
    dispatches,
    internal,
    pauses,
    pipelines,
    rules,
    runs,
    summary,
    templates,
    webhooks,
    workflows,
)

ROUTERS: tuple[APIRouter, ...] = (
    templates.router,
    pipelines.router,
    rules.router,
    workflows.router,
    pauses.router,
    dispatches.router,
    runs.router,
    chains.router,
    summary.router,
    webhooks.router,
    internal.router,
)
TAGS: tuple[dict[str, Any], ...] = (
    {"name": "templates", "description": "Typed payloads of dispatches."},
    {"name": "pipelines", "description": "The workflows that dispatches of a service start."},
    {"name": "rules", "description": "Conditions on logs, analyses and runs that start a pipeline."},
    {"name": "workflows", "description": "Workflow files that state their own conditions."},
    {"name": "pause", "description": "The kill switch."},
    {"name": "dispatches", "description": "Requests to GitHub to start a workflow, and their outcome."},
    {"name": "runs", "description": "Workflow runs and their output as logs."},
    {"name": "chains", "description": "From a log over its rule and workflow to the output, and on."},
    {"name": "summary", "description": "The number of things in each list."},
    {"name": "webhooks", "description": "Events that GitHub delivers."},
)
