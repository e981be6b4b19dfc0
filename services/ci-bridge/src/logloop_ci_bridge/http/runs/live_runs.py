"""Emulated runs while they go on: their steps, and their output as the logs that it will be."""

import asyncio
from collections.abc import Sequence
from typing import Any

from logloop_chassis.http.paging import decode_cursor, encode_cursor
from logloop_chassis.http.problems import Unprocessable
from logloop_contracts.emulation import MAX_OUTPUT

from logloop_ci_bridge.github.gateway import Gateway, GitHubRejected, Job
from logloop_ci_bridge.http.callers import Caller
from logloop_ci_bridge.runs.batches import logs_of
from logloop_ci_bridge.runs.job_log import ParsedJob, parse_job
from logloop_ci_bridge.runs.problem_matchers import MatcherDraft
from logloop_ci_bridge.runs.run import Run, run_jobs

_KIND = "live"
LIVE_BYTES = MAX_OUTPUT // 8
"""Of each job; the rest can be read when the run has ended. It is parsed in the process that evaluates all rules."""


def is_live(run: Run) -> bool:
    """Return whether the output of a run is known, but not stored as logs yet."""
    return run.emulated and run.logs in ("none", "waiting")


async def with_live_jobs(caller: Caller, run: Run) -> Run:
    """Return an emulated run with its jobs and steps so far."""
    gateway = await caller.services.gateway_of(run.project_id, True)
    try:
        jobs = await gateway.jobs(run.repository, run.run_id, run.attempt)
    except GitHubRejected:  # it is older than emulations are kept
        return run
    return run.model_copy(update={"jobs": run_jobs(jobs)})


def is_live_position(cursor: str | None) -> bool:
    """Return whether a cursor is a position in the output of a run that went on."""
    try:
        position = decode_cursor(cursor, str, str)
    except Unprocessable:
        return False
    return position is not None and position[0] == _KIND


async def live_lines(
    caller: Caller, run: Run, *, limit: int, cursor: str | None, job: str | None, severity: str | None
) -> tuple[list[dict[str, Any]], str, bool]:
    """Return lines after a position, the position after them, and whether there are more now."""
    gateway = await caller.services.gateway_of(run.project_id, True)
    seen = _counts(cursor)
    try:
        jobs = await gateway.jobs(run.repository, run.run_id, run.attempt)
    except GitHubRejected:
        jobs = []
    matchers = await caller.stores.matchers.all({"project_id": run.project_id})
    found: list[dict[str, Any]] = []
    after: list[int] = []
    more = False
    for number, item in enumerate(jobs):
        start = seen[number] if number < len(seen) else 0
        new, total = await _lines(gateway, run, item, matchers, range(start, start + limit - len(found)))
        more = more or start + len(new) < total
        after.append(start + len(new))
        if job in (None, item.name):
            found += [line for line in new if severity in (None, line["severity"])]
    found.sort(key=lambda line: line["timestamp"])
    return found, encode_cursor(_KIND, ",".join(map(str, after))), more


def _counts(cursor: str | None) -> list[int]:
    """Return how many lines of each job were read already."""
    position = decode_cursor(cursor, str, str)
    return [int(count) for count in position[1].split(",") if count.isdecimal()] if position else []


async def _lines(
    gateway: Gateway, run: Run, job: Job, matchers: Sequence[MatcherDraft], wanted: range
) -> tuple[list[dict[str, Any]], int]:
    """Return some lines of a job, and how many it has."""
    raw = None if job.conclusion == "skipped" else await gateway.job_log(run.repository, job.id, LIVE_BYTES)
    return await asyncio.to_thread(_parsed, run, job, raw, matchers, wanted)


def _parsed(
    run: Run, job: Job, raw: bytes | None, matchers: Sequence[MatcherDraft], wanted: range
) -> tuple[list[dict[str, Any]], int]:
    parsed = parse_job(job, raw, (), matchers)
    ending = parsed.ending if job.conclusion else ()
    shown = ParsedJob(parsed.lines, ending, ())
    return list(logs_of(run, job, shown, wanted.start, wanted.stop)), len(parsed.lines) + len(ending)
