"""A fleet of devices under a scheduler: duties are planned, carried out in the field and recorded, seconds apart."""

import random

from logloop_analyzer.grading.incidents.system import (
    Background,
    Flow,
    Step,
    System,
    make_services,
    service_names,
)

_ROLES = (
    ("planner", "rota", "scheduler", "timetable"),
    ("radio", "uplink", "modem", "bridge"),
    ("valve", "pump", "motor", "relay"),
    ("probe", "sensor", "meter", "scale"),
    ("recorder", "historian", "journal", "blackbox"),
    ("watchman", "supervisor", "sentinel", "guard"),
    ("display", "panel", "signage", "beeper"),
)
_FORMS = ("{noun}", "{noun}@{prefix}", "plant:{noun}", "{prefix}-{noun}d", "{noun}ctl")
_ERRORS = (
    "E{n} limit switch of unit {word} stuck",
    "checksum mismatch in frame {n} of {word}",
    "brownout at {pct} % charge, unit {word} halted",
    "watchdog fired in task {word} (pc={id})",
    "flash sector {n} worn out, {word} lost",
    "reading {n} outside physical range on {word}",
)
_MISCONFIGURED = (
    "channel plan {word} unknown to the firmware, slot {n} unused",
    "calibration table {id} is for another model",
    "duty {n} has no zone after the update of {word}",
    "key slot {n} empty, frame for {word} not signed",
)
_RELOADED = ("firmware {id} active", "took over plan {word} rev {n}", "parameter block {id} written")
_AFFECTED = (
    "duty {n} still open, nothing heard from {other}",
    "no echo of {other} in slot {n}",
    "stale value for {word}: {other} is late by {ms} s",
    "{other} missing at roll call {n}",
)
_TEXTS = (
    ("slot {n} claimed by {word}", "duty {n} due for {word}", "queue holds {n} duties, next {word}"),
    ("frame {n} on air at {pct} % power", "carrier locked, burst {id}", "hop {n} acknowledged"),
    ("{word} moved to {pct} %", "stroke {n} of unit {word} finished", "coil {n} energised for {ms} ms"),
    ("{word} reads {n}", "sample {n} taken, drift {pct}", "{n} pulses counted"),
    ("sealed page {n}", "journal at {id}", "kept value of {word}"),
    ("unit {word} asleep again", "duty {n} ticked off", "zone {word} quiet"),
)


def make(rng: random.Random) -> System:
    """Return a fleet with names, sentences and rates of its own."""
    names = service_names(rng, _ROLES, _FORMS)
    texts = [rng.choice(options) for options in _TEXTS]
    gaps = [1, *(rng.uniform(400, 2500) for _ in names[1:6])]
    steps = tuple(Step(name, text, gap) for name, text, gap in zip(names[:6], texts, gaps, strict=False))
    # A roll call moves nothing.
    roll_call = Flow((steps[0], steps[1], steps[3], steps[5]), per_minute=rng.uniform(4, 8), answers=False)
    side = names[6]
    return System(
        "device fleet",
        make_services(rng, names, _ERRORS, _MISCONFIGURED, _RELOADED, _AFFECTED),
        (Flow(steps, per_minute=rng.uniform(10, 18), answers=False), roll_call),
        (
            Background(side, "info", "brightness {pct}", 6, regular=True),
            Background(side, "error", "pixel row {n} dark", rng.uniform(0.5, 1.6)),
            Background(names[1], "warn", "noise floor at {n}", rng.uniform(1, 3)),
            Background(names[3], "debug", "self test {id} passed", rng.uniform(2, 4)),
        ),
        side,
        (
            (names[0], "info", "operator note on duty {n}: {text}"),
            (names[3], "warn", "label of probe {n} was changed to '{text}'"),
            (names[1], "error", "undecodable payload in frame {n}: {text}"),
        ),
        ("check after lunch", "tank 4 north", "do not touch", "ask the shift assistant", "spare"),
        "traceId",
    )
