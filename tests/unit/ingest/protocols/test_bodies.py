"""No body makes a translator fail with anything but a Problem, and what it makes of it can be checked."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from logloop_chassis.http.problems import Problem, TooManyRequests
from logloop_ingest.accept import Result
from logloop_ingest.checking.check import check
from logloop_ingest.checking.rules import ProjectAccess, Rules
from logloop_ingest.limits import Limits
from logloop_ingest.protocols.protocol import Envelope, IntakeProtocol
from logloop_ingest.protocols.table import PROTOCOLS

RULES = Rules(Limits(), ProjectAccess("shop", frozenset({"shop"})), 1_795_000_000_000_000)
NOW_US = 1_795_000_000_000_000
_NAMES = st.sampled_from(
    [
        "event", "fields", "time", "timestamp", "level", "message", "short_message", "full_message", "@t", "@mt",
        "@m", "@l", "@x", "@r", "ddtags", "status", "service", "Events", "items", "exception", "values", "stacktrace",
        "frames", "logentry", "contexts", "trace", "tags", "extra", "attributes", "release", "body", "_x", "x", "@@y",
    ]
)  # fmt: skip
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["{A} {B:x}", "\ud800", "NaN", "1e999", "2025-11-22T10:00:00Z", '{"a":1}']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
_DOCUMENTS = st.dictionaries(_NAMES, _VALUES, max_size=6) | _VALUES


def _envelope(documents: list[Any]) -> bytes:
    lines = ["{}"]
    for document in documents:
        lines += ['{"type":"log"}', json.dumps(document), '{"type":"event"}', json.dumps(document)]
    return "\n".join(lines).encode()


_DEEP = b'{"x":' + b"[" * 900 + b"]" * 900 + b"}"
_BODIES = (
    st.lists(_DOCUMENTS, max_size=3).map(lambda documents: json.dumps(documents).encode())
    | st.lists(_DOCUMENTS, max_size=3).map(lambda documents: "\n".join(map(json.dumps, documents)).encode())
    | st.lists(_DOCUMENTS, max_size=3).map(_envelope)
    | st.binary(max_size=60)
    | st.lists(st.binary(max_size=12), max_size=5).map(b"\n".join)
    | st.sampled_from([b"[" * 2000, b'{"a":' * 2000, b"[" * 500 + b"]" * 500, _DEEP])
)  # fmt: skip
_KINDS = ["application/json", "text/plain", "application/x-protobuf", "application/x-www-form-urlencoded", ""]


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: protocol.name)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(body=_BODIES, kind=st.sampled_from(_KINDS))
def test_a_body_is_translated_or_refused(protocol: IntakeProtocol, body: bytes, kind: str) -> None:
    envelope = Envelope(protocol.paths[0], {"service": "web"}, {}, {"content-type": kind}, NOW_US)
    try:
        entries = protocol.translate(envelope, body, Limits())
    except Problem as problem:
        answer = protocol.refused(envelope, problem, body)
    else:
        checked = check(entries, RULES)
        accepted = sum(map(len, checked.by_project.values()))
        answer = protocol.accepted(envelope, Result(accepted, checked.rejected), body)
    assert answer.status >= 200
    assert protocol.refused(envelope, TooManyRequests("too many"), body).status >= 200
