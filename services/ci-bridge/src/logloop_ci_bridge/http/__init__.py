"""HTTP routes of ci-bridge, one file for each resource."""

from typing import Any

from fastapi import APIRouter

from logloop_ci_bridge.http import internal, summary
from logloop_ci_bridge.http.dispatches import definitions, dispatches, pauses, pipelines, templates
from logloop_ci_bridge.http.emulations import approvals, emulations, emulator
from logloop_ci_bridge.http.github import github_apps, webhooks, workflow_files, workflows
from logloop_ci_bridge.http.notifications import notifications, receivers
from logloop_ci_bridge.http.rules import chains, requests, rules
from logloop_ci_bridge.http.runs import matchers, run_output, runs

ROUTERS: tuple[APIRouter, ...] = (
    templates.router,
    pipelines.router,
    definitions.router,
    rules.router,
    workflows.router,
    workflow_files.router,
    pauses.router,
    dispatches.router,
    runs.router,
    run_output.router,
    matchers.router,
    receivers.router,
    notifications.router,
    requests.router,
    chains.router,
    summary.router,
    webhooks.router,
    approvals.router,
    github_apps.router,
    emulations.router,
    emulator.router,
    internal.router,
)
TAGS: tuple[dict[str, Any], ...] = (
    {"name": "templates", "description": "Typed payloads of dispatches."},
    {"name": "pipelines", "description": "The workflows that dispatches of a service start."},
    {"name": "workflows", "description": "Workflow files that state their own conditions."},
    {"name": "pause", "description": "The kill switch."},
    {"name": "rules", "description": "Conditions on logs, analyses and runs, and what they start."},
    {"name": "dispatches", "description": "Requests to GitHub to start a workflow, and their outcome."},
    {"name": "runs", "description": "Workflow runs and their output as logs."},
    {"name": "notifications", "description": "Receivers of notifications of rules, and what was sent to them."},
    {"name": "chains", "description": "From a log over its rule and workflow to the output, and on."},
    {"name": "summary", "description": "The number of things in each list."},
    {"name": "emulations", "description": "Workflows that the emulator runs, and which of them may run."},
    {"name": "github", "description": "The set-up of a GitHub App, and what its credentials reach."},
    {"name": "webhooks", "description": "Events that GitHub delivers."},
)
