"""A web shop: requests that pass through services, each of which waits for the next one."""

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
    ("gateway", "edge", "frontend", "ingress"),
    ("cart", "basket", "checkout", "orders"),
    ("payments", "billing", "acquirer", "wallet"),
    ("ledger", "accounts-db", "postgres", "orderstore"),
    ("catalogue", "products", "search", "listing"),
    ("stock", "inventory", "warehouse", "availability"),
    ("mailer", "newsletter", "notifier", "receipts"),
)
_FORMS = ("{noun}", "{noun}-svc", "{prefix}-{noun}", "{prefix}.{noun}", "{noun}-api")
_ERRORS = (
    "NullReferenceException while handling {id}: object of {word} is not set",
    "unexpected response for {id}: cannot decode field {word}",
    "panic: index {n} out of range in handler of {word}",
    "transaction {id} rolled back: duplicate key in {word}",
    "IllegalStateException: {word} already closed (request {id})",
    "write of {id} failed: no space left on volume {word}",
)
_MISCONFIGURED = (
    "cannot reach {word} at the configured address, attempt {n}",
    "certificate of {word} is not trusted by the new trust store ({id})",
    "feature flag {word} points to an unknown variant, using none for {id}",
    "permission denied for role {word} on {id}",
)
_RELOADED = (
    "configuration revision {id} loaded",
    "starting with profile {word}, build {id}",
    "applied settings from {word}/{id}",
)
_AFFECTED = (
    "call to {other} failed after {ms} ms, request {id}",
    "502 from {other} for {id}",
    "giving up on {other}: deadline of {ms} ms exceeded ({id})",
    "dependency {other} did not answer request {id}",
)
_OPEN = (
    ("GET /{word}/{n}", "accepted POST /{word} as {id}", "request {id} from session {n}"),
    ("loading {word} {n}", "validating {n} positions of {id}", "opened session {n} for {name}"),
    ("authorising {n} cents for {id}", "charge {id} started", "reserving funds for customer {n}"),
    (
        "select on {word} returned {n} rows in {ms} ms",
        "commit of {id} in {ms} ms",
        "upsert {n} into {word} took {ms} ms",
    ),
    ("query {word} page {n}", "listing {n} items of {word}", "facets of {word} for {id}"),
    ("{n} pieces of {word} available", "reserved {n} in hall {word}", "level of article {n} checked"),
)
_CLOSE = (
    ("200 in {ms} ms for {id}", "request {id} done after {ms} ms", "answered {n} bytes in {ms} ms"),
    ("{word} {n} confirmed", "order {id} stored", "closed session {n}"),
    ("authorised {id} in {ms} ms", "charge {id} settled", "funds of customer {n} reserved"),
)


def make(rng: random.Random) -> System:
    """Return a shop with names, sentences and rates of its own."""
    names = service_names(rng, _ROLES, _FORMS)
    edge, cart, pay, store, catalogue, stock, mailer = names
    opened = [rng.choice(options) for options in _OPEN]
    closed = [rng.choice(options) for options in _CLOSE]
    order = Flow(
        (
            Step(edge, opened[0], 1),
            Step(cart, opened[1], 6),
            Step(stock, opened[5], 9),
            Step(pay, opened[2], 8),
            Step(store, opened[3], 25),
            Step(pay, closed[2], 12),
            Step(cart, closed[1], 7),
            Step(edge, closed[0], 4),
        ),
        per_minute=rng.uniform(9, 16),
        answers=True,
    )
    browse = Flow(
        (
            Step(edge, opened[0], 1),
            Step(catalogue, opened[4], 5),
            Step(store, opened[3], 14),
            Step(catalogue, f"{rng.choice(('rendered', 'returned', 'found'))} {{n}} results of {{word}}", 8),
            Step(edge, closed[0], 3),
        ),
        per_minute=rng.uniform(8, 14),
        answers=True,
    )
    return System(
        "web shop",
        make_services(rng, names, _ERRORS, _MISCONFIGURED, _RELOADED, _AFFECTED),
        (order, browse),
        (
            Background(mailer, "info", "sent {n} messages of campaign {word}", rng.uniform(1, 3)),
            Background(mailer, "error", "mailbox of {name} rejected message {id}", rng.uniform(0.6, 1.5)),
            Background(pay, "error", "card refused by issuer, reason {n}", rng.uniform(0.3, 0.9)),
            Background(catalogue, "warn", "cache miss for {word}:{n}", rng.uniform(1, 2.5)),
            Background(store, "info", "checkpoint complete, {n} buffers", 4, regular=True),
        ),
        mailer,
        (
            (catalogue, "info", 'search for "{text}" found {n} items'),
            (cart, "warn", "coupon '{text}' is not valid for customer {n}"),
            (edge, "error", "malformed header from client {n}: {text}"),
        ),
        ("red shoes", "SUMMER", "Mozilla/5.0 (X11; Linux)", "coffee grinder", "gift for the assistant manager"),
        rng.choice(("trace_id", "traceId")),
    )
