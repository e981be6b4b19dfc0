"""Faults: each changes the jobs that start after its onset, and says which service is at fault."""

import random
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from logloop_analyzer.grading.incidents.lines import Line
from logloop_analyzer.grading.incidents.system import Flow, Job, Span, System, fill


@dataclass(frozen=True)
class Faulted:
    """The service at fault, when it began, and lines that belong to no job."""

    service: str
    onset: datetime
    lines: tuple[Line, ...] = ()


Fault = Callable[[random.Random, System, Sequence[Job], Span, Collection[str]], Faulted]
"""Changes jobs in place. The service at fault is none of the excluded ones."""


def error(
    rng: random.Random, system: System, found: Sequence[Job], span: Span, excluded: Collection[str] = ()
) -> Faulted:
    """Jobs fail in one service, which logs an error; some of those that depend on it complain once."""
    return _failing(rng, system, found, span, excluded, share=rng.uniform(0.15, 0.5))


def rare_error(
    rng: random.Random, system: System, found: Sequence[Job], span: Span, excluded: Collection[str] = ()
) -> Faulted:
    """As `error`, in few jobs."""
    return _failing(rng, system, found, span, excluded, share=rng.uniform(0.08, 0.16))


def _failing(
    rng: random.Random,
    system: System,
    found: Sequence[Job],
    span: Span,
    excluded: Collection[str],
    *,
    share: float,
) -> Faulted:
    onset, service = _onset(rng, span), _service(rng, system, excluded)
    complains = rng.uniform(0.3, 0.9)
    for job, position in _hit(rng, found, onset, service, share):
        _fail(rng, system, job, position, "error")
        _spread(rng, system, job, position, complains=complains, times=(1, 1))
    return Faulted(service, onset)


def cascade(
    rng: random.Random, system: System, found: Sequence[Job], span: Span, excluded: Collection[str] = ()
) -> Faulted:
    """A service on which many depend fails and says little; all of them repeat what they try and log more than it."""
    onset, service = _onset(rng, span), _service(rng, system, excluded, affects=2)
    share, severity = rng.uniform(0.3, 0.7), rng.choice(("error", "error", "warn"))
    for job, position in _hit(rng, found, onset, service, share):
        speaks = rng.random() < 0.6
        _fail(rng, system, job, position, severity if speaks else None)
        _spread(rng, system, job, position, complains=0.95, times=(1, 3))
    return Faulted(service, onset)


def latency(
    rng: random.Random, system: System, found: Sequence[Job], span: Span, excluded: Collection[str] = ()
) -> Faulted:
    """A service becomes slow; a few of those that wait for it complain, it does not."""
    onset, service = _onset(rng, span), _service(rng, system, excluded)
    factor, complains = rng.uniform(8, 30), rng.choice((0.0, 0.1, 0.25))
    for job, position in _hit(rng, found, onset, service, rng.uniform(0.6, 1.0)):
        step = job.flow.steps[position]
        delay = max(300.0, step.gap_ms * factor) * rng.lognormvariate(0, 0.3)
        _postpone(job, position, timedelta(milliseconds=delay))
        line = job.lines[position]
        if line is not None:
            job.lines[position] = replace(line, message=fill(rng, step.text, ms=round(step.gap_ms + delay)))
        if rng.random() < complains:
            _spread(rng, system, job, position, complains=1.0, times=(1, 1), nearest=True)
    return Faulted(service, onset)


def missing_step(
    rng: random.Random, system: System, found: Sequence[Job], span: Span, excluded: Collection[str] = ()
) -> Faulted:
    """A service silently leaves out its step in most jobs; the rest of the job goes on."""
    onset, service = _onset(rng, span), _service(rng, system, excluded)
    for job, position in _hit(rng, found, onset, service, rng.uniform(0.6, 0.95)):
        job.lines[position] = None
    return Faulted(service, onset)


def configuration(
    rng: random.Random, system: System, found: Sequence[Job], span: Span, excluded: Collection[str] = ()
) -> Faulted:
    """A service takes over a wrong setting and mentions it; those that depend on it log errors."""
    onset, service = _onset(rng, span), _service(rng, system, excluded, affects=1)
    words = system.services[service]
    severity, complains = rng.choice(("warn", "warn", "error")), rng.uniform(0.6, 1.0)
    for job, position in _hit(rng, found, onset, service, rng.uniform(0.3, 0.7)):
        _fail(rng, system, job, position, severity, words.misconfigured)
        _spread(rng, system, job, position, complains=complains, times=(1, 2), nearest=True)
    return Faulted(service, onset, (Line(onset, service, "info", fill(rng, words.reloaded)),))


def burst_of_side_errors(rng: random.Random, system: System, span: Span) -> Iterator[Line]:
    """Yield many new errors of a service that takes part in no job."""
    sentence = system.services[system.side].error
    at = span.time(rng.uniform(0.15, 0.6))
    for _ in range(rng.randint(60, 120)):
        yield Line(at, system.side, "error", fill(rng, sentence))
        at = min(at + timedelta(seconds=rng.expovariate(0.5)), span.time(0.999))


def _onset(rng: random.Random, span: Span) -> datetime:
    return span.time(rng.uniform(0.25, 0.65))


def _service(rng: random.Random, system: System, excluded: Collection[str], affects: int = 0) -> str:
    """Return a service that starts no job and whose failure at least `affects` others notice."""
    options = {
        step.service
        for flow in system.flows
        for step in flow.steps
        if step.service not in {flow.steps[0].service, *excluded}
        and len(flow.affected_by(_first(flow, step.service))) >= affects
    }
    return rng.choice(sorted(options))


def _first(flow: Flow, service: str) -> int:
    return next(at for at, step in enumerate(flow.steps) if step.service == service)


def _hit(
    rng: random.Random, found: Sequence[Job], onset: datetime, service: str, share: float
) -> Iterator[tuple[Job, int]]:
    """Yield a share of the later jobs that reach the service, with the position of its first step."""
    for job in found:
        if job.at < onset or all(step.service != service for step in job.flow.steps):
            continue
        position = _first(job.flow, service)
        if job.lines[position] is not None and rng.random() < share:
            yield job, position


def _fail(
    rng: random.Random, system: System, job: Job, position: int, severity: str | None, sentence: str | None = None
) -> None:
    """End a job at a step; its service says so with this severity, or nothing."""
    line, service = job.lines[position], job.flow.steps[position].service
    if line is not None:
        text = fill(rng, sentence or system.services[service].error)
        job.lines[position] = replace(line, severity=severity, message=text) if severity else None
    for later in range(position + 1, len(job.lines)):
        job.lines[later] = None


def _spread(
    rng: random.Random,
    system: System,
    job: Job,
    position: int,
    *,
    complains: float,
    times: tuple[int, int],
    nearest: bool = False,
) -> None:
    """Let the services that notice a failure log it, the nearest first."""
    other, at = job.flow.steps[position].service, _end(job)
    for name in job.flow.affected_by(position)[: 1 if nearest else None]:
        if rng.random() >= complains:
            continue
        step = next(step for step in job.flow.steps if step.service == name)
        for _ in range(rng.randint(*times)):
            at += timedelta(milliseconds=rng.uniform(20, 400))
            text = fill(rng, system.services[name].affected, other=other, ms=rng.randint(1_000, 9_000))
            severity = "error" if rng.random() < 0.8 else "warn"
            trace = {system.trace_key: job.trace}
            job.extra.append(Line(at, name, severity, text, trace, step.function))
        other = name


def _end(job: Job) -> datetime:
    return max((line.at for line in [*job.lines, *job.extra] if line is not None), default=job.at)


def _postpone(job: Job, position: int, delay: timedelta) -> None:
    for at in range(position, len(job.lines)):
        line = job.lines[at]
        if line is not None:
            job.lines[at] = replace(line, at=line.at + delay)
