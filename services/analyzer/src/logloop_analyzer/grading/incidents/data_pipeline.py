"""A data pipeline: batches that pass from stage to stage; no stage waits for the next one."""

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
    ("extract", "puller", "collector", "reader"),
    ("validate", "schema-check", "gatekeeper", "cleaner"),
    ("transform", "enrich", "joiner", "mapper"),
    ("aggregate", "rollup", "windowing", "cube"),
    ("load", "writer", "sink", "warehouse-loader"),
    ("publish", "exporter", "report-builder", "feed"),
    ("janitor", "vacuum", "archiver", "retention"),
)
_FORMS = ("etl.{noun}", "{prefix}/{noun}", "{noun}-worker", "dp-{noun}", "{noun}_{prefix}")
_ERRORS = (
    "ValueError: could not convert string to float: '{word}' (batch {id})",
    "batch {id} aborted: column {word} missing in partition {n}",
    "worker lost while processing partition {n} of {id}",
    "KeyError: '{word}' in record {n}",
    "MemoryError on partition {n}",
    "arithmetic overflow in column {word}, row {n}",
)
_MISCONFIGURED = (
    "no credentials for bucket {word}, skipping object {id}",
    "time zone {word} of partition {n} is unknown, falling back",
    "schema registry has no subject {word} (version {n})",
    "target table {word} is read-only, rejected {n} rows",
)
_RELOADED = (
    "picked up parameter set {id}",
    "deployed job definition {word} r{n}",
    "now using settings file {id}.toml",
)
_AFFECTED = (
    "no input from {other} for batch {id}",
    "batch {id} is empty after {other}, nothing to do",
    "upstream dataset of {other} incomplete: {n} of {n} files, batch {id}",
    "waited {ms} s for {other}, batch {id} postponed",
)
_TEXTS = (
    ("fetched {n} rows for batch {id}", "batch {id}: read {n} objects", "pulled offset {n} of {word}"),
    ("schema of {id} ok, {n} rows dropped", "checked {n} records of {id}", "batch {id} passed {pct} % of rules"),
    ("joined {n} rows with {word}", "mapped {id} in {ms} ms", "enriched partition {n} ({pct} % hits)"),
    ("window {n} closed with {n} keys", "rolled up {word} into {n} groups", "cube {id} refreshed"),
    ("copied {n} rows into {word}", "inserted batch {id} in {ms} ms", "merge of {n} rows done"),
    ("published {word} version {n}", "feed {id} announced", "report {word} rebuilt from {n} tiles"),
)


def make(rng: random.Random) -> System:
    """Return a pipeline with names, sentences and rates of its own."""
    names = service_names(rng, _ROLES, _FORMS)
    texts = [rng.choice(options) for options in _TEXTS]
    gaps = [1, *(rng.uniform(120, 900) for _ in names[1:6])]
    functions = [f"{rng.choice(('jobs', 'stages', 'app'))}.{role[0].replace('-', '_')}.run" for role in _ROLES]
    steps = tuple(
        Step(name, text, gap, function)
        for name, text, gap, function in zip(names[:6], texts, gaps, functions, strict=False)
    )
    # Small batches skip the aggregation.
    short = Flow((*steps[:3], *steps[4:]), per_minute=rng.uniform(5, 9), answers=False)
    janitor = names[6]
    return System(
        "data pipeline",
        make_services(rng, names, _ERRORS, _MISCONFIGURED, _RELOADED, _AFFECTED),
        (Flow(steps, per_minute=rng.uniform(9, 15), answers=False), short),
        (
            Background(janitor, "info", "removed {n} expired objects from {word}", rng.uniform(1, 3)),
            Background(janitor, "error", "could not delete {id}: still referenced", rng.uniform(0.8, 2)),
            Background(names[1], "warn", "row {n} has an unusual {word}", rng.uniform(1, 3)),
            Background(names[4], "debug", "connection pool: {n} idle", 6, regular=True),
        ),
        janitor,
        (
            (names[1], "warn", "record {n} rejected: comment='{text}'"),
            (names[0], "info", "file name of object {n}: {text}"),
            (names[2], "error", "cannot parse note of row {n}: {text}"),
        ),
        ("n/a", "customer asked for a refund", "Q3 figures (final).csv", "see attachment", "instructions.pdf"),
        rng.choice(("trace_id", "trace.id")),
    )
