"""A system of services: what its healthy parts log, job by job, and the sentences of its faults."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from logloop_analyzer.grading.incidents.lines import Line

_WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "harbor", "iris", "jasper", "kelp", "lotus")
_NAMES = ("ada", "bruno", "chiara", "dmitri", "elena", "farid", "greta", "hugo", "ines", "jonas", "kira", "liam")
_CHOICES = {"word": _WORDS, "name": _NAMES}


@dataclass(frozen=True)
class Service:
    """A service and the sentences that it logs when something is wrong."""

    name: str
    error: str
    """It fails by itself."""
    misconfigured: str
    """It fails because of a setting."""
    reloaded: str
    """It takes over a setting; an ordinary line."""
    affected: str
    """Another service, `{other}`, fails it."""


@dataclass(frozen=True)
class Step:
    """A line of a job, usually `gap_ms` after the line before it."""

    service: str
    text: str
    gap_ms: float
    function: str | None = None


@dataclass(frozen=True)
class Flow:
    """The steps of a kind of job. `answers`: a service that logs before and after a step waits for its result."""

    steps: tuple[Step, ...]
    per_minute: float
    answers: bool

    def affected_by(self, position: int) -> list[str]:
        """Return the services that notice a failure at a step, the nearest first."""
        service = self.steps[position].service
        after = dict.fromkeys(step.service for step in self.steps[position + 1 :])
        if self.answers:
            waiting = {step.service for step in self.steps[:position]}
            return [name for name in after if name in waiting and name != service]
        return [name for name in after if name != service]


@dataclass(frozen=True)
class Background:
    """Lines that no job causes; at even intervals if `regular`."""

    service: str
    severity: str
    text: str
    per_minute: float
    regular: bool = False


@dataclass(frozen=True)
class System:
    """A system. `quoting` are sentences that repeat a `{text}` which strangers choose."""

    kind: str
    services: Mapping[str, Service]
    flows: tuple[Flow, ...]
    background: tuple[Background, ...]
    side: str
    """A service that takes part in no job."""
    quoting: tuple[tuple[str, str, str], ...]
    """Service, severity and sentence."""
    harmless_texts: tuple[str, ...]
    trace_key: str = "trace_id"


@dataclass
class Job:
    """The lines of one run of a flow; a fault replaces them. `lines` has one item per step, None if it is missing."""

    flow: Flow
    at: datetime
    trace: str
    lines: list[Line | None]
    extra: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class Span:
    """A time range of traffic; `rate` scales the number of jobs."""

    start: datetime
    length: timedelta
    rate: float = 1.0

    def time(self, share: float) -> datetime:
        """Return the time at a share of the range, 0 to 1."""
        return self.start + self.length * share


class _Fields(dict[str, Any]):
    """The values of a sentence; those that are not given are random."""

    def __init__(self, rng: random.Random, given: Mapping[str, Any]) -> None:
        super().__init__(given)
        self._rng = rng

    def __missing__(self, name: str) -> Any:
        rng = self._rng
        if name == "n":
            return int(99_999 * rng.random())
        if name == "id":
            return f"{rng.getrandbits(40):010x}"
        if name in _CHOICES:
            return _CHOICES[name][int(rng.random() * len(_CHOICES[name]))]
        return int(3 + 87 * rng.random())


def fill(rng: random.Random, sentence: str, **values: Any) -> str:
    """Return a sentence with its fields filled: {n}, {ms}, {id}, {pct}, {word}, {name}, or a given value."""
    return sentence.format_map(_Fields(rng, values))


def jobs(rng: random.Random, system: System, span: Span) -> list[Job]:
    """Return healthy jobs in a time range."""
    found = []
    for flow in system.flows:
        every_s = 60 / (flow.per_minute * span.rate)
        at = span.start + timedelta(seconds=rng.expovariate(1 / every_s))
        while at < span.start + span.length:
            found.append(_job(rng, system, flow, at))
            at += timedelta(seconds=rng.expovariate(1 / every_s))
    return found


def _job(rng: random.Random, system: System, flow: Flow, at: datetime) -> Job:
    trace, moment, lines = f"{rng.getrandbits(64):016x}", at, list[Line | None]()
    attributes = {system.trace_key: trace}
    for step in flow.steps:
        gap = step.gap_ms * rng.lognormvariate(0, 0.35)
        moment += timedelta(milliseconds=gap)
        text = fill(rng, step.text, ms=round(gap))
        lines.append(Line(moment, step.service, "info", text, attributes, step.function))
    return Job(flow, at, trace, lines)


def background(rng: random.Random, system: System, span: Span) -> Iterator[Line]:
    """Yield the lines between the jobs, among them harmless texts of strangers."""
    for item in system.background:
        for at in _moments(rng, item.per_minute, span, regular=item.regular):
            yield Line(at, item.service, item.severity, fill(rng, item.text))
    for service, severity, text in system.quoting:
        for at in _moments(rng, 0.5, span, regular=False):
            yield Line(at, service, severity, fill(rng, text, text=rng.choice(system.harmless_texts)))


def _moments(rng: random.Random, per_minute: float, span: Span, *, regular: bool) -> Iterator[datetime]:
    every = timedelta(minutes=1) / per_minute
    at = span.start + every * rng.random()
    while at < span.start + span.length:
        yield at
        at += every * (rng.uniform(0.97, 1.03) if regular else rng.expovariate(1.0))


def service_names(rng: random.Random, roles: Sequence[Sequence[str]], forms: Sequence[str]) -> list[str]:
    """Return a name for each role: one of its nouns, written in the style of this system."""
    form = rng.choice(forms)
    prefix = rng.choice(_WORDS)
    return [form.format(noun=rng.choice(nouns), prefix=prefix) for nouns in roles]


def make_services(
    rng: random.Random,
    names: Sequence[str],
    errors: Sequence[str],
    misconfigured: Sequence[str],
    reloaded: Sequence[str],
    affected: Sequence[str],
) -> dict[str, Service]:
    """Return services by name, each with sentences from the given ones."""
    shuffled = rng.sample(list(errors), len(errors))
    return {
        name: Service(
            name,
            shuffled[at % len(shuffled)],
            rng.choice(misconfigured),
            rng.choice(reloaded),
            rng.choice(affected),
        )
        for at, name in enumerate(names)
    }
