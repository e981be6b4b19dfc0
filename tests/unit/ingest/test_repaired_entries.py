"""Whatever an entry holds, the line that is sent follows the rules of ingest, and valid values are unchanged."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from logloop.sending import repair
from logloop.sending.repair import after_refusal, fit, sendable_line
from logloop.sending.sender_process import with_real_time
from logloop_contracts import log_entry
from logloop_ingest.checking.check import check_one_by_one
from logloop_ingest.checking.rules import ProjectAccess, Rules
from logloop_ingest.limits import Limits

NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)
RULES = Rules(Limits(), ProjectAccess(None, frozenset({"shop"})), int(NOW.timestamp() * 1_000_000))
GOOD: dict[str, Any] = {
    "project_id": "shop", "service_id": "cart", "test_id": "t::a", "func_id": "m:f", "source": "s", "message": "paid",
    "severity": "info", "timestamp": NOW.timestamp(), "attributes": {"n": 1},
}  # fmt: skip


class Mute:
    """No text at all."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


def sent(**changes: Any) -> dict[str, Any]:
    """Return what is sent of an entry with these changes; ingest must accept it."""
    values: dict[str, Any] = json.loads(sendable_line({**GOOD, **changes}, "shop", "own"))
    assert check_one_by_one([values], RULES).rejected == []
    return values


def test_a_valid_entry_is_unchanged() -> None:
    assert sent() == {**GOOD, "timestamp": "2026-11-26T10:00:00+00:00"}


@pytest.mark.parametrize("odd", ["", " ", "My Service", "-x", "ü", "a" * 129, "x\n", "\ud800", 0.5, [], {}, b"x"])
def test_an_invalid_service_is_replaced_by_the_handlers_own_and_kept(odd: Any) -> None:
    values = sent(service_id=odd)
    assert values["service_id"] == "own"
    assert isinstance(values["attributes"]["logloop.original.service_id"], str)
    assert values["attributes"]["n"] == 1


@pytest.mark.parametrize("field", ["test_id", "func_id", "source"])
def test_a_reference_that_is_empty_or_too_long_is_repaired_and_kept(field: str) -> None:
    assert field not in sent(**{field: ""})
    assert field not in sent(**{field: None})
    values = sent(**{field: "x" * 600})
    assert values[field] == "x" * 512
    assert values["attributes"][f"logloop.original.{field}"] == "x" * 600
    assert sent(**{field: 7})[field] == "7"
    assert sent(**{field: Mute()})[field].startswith("<Mute")


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), 1e300, -1e18, Mute()])
def test_a_value_that_is_not_a_time_is_replaced_and_kept(odd: Any) -> None:
    values = json.loads(sendable_line({**GOOD, "timestamp": odd}, "shop", "own"))
    assert abs(datetime.fromisoformat(values["timestamp"]) - datetime.now(UTC)) < timedelta(minutes=5)
    assert values["attributes"]["logloop.original.timestamp"]


def test_attributes_of_any_kind_are_accepted_and_none_is_lost() -> None:
    assert sent(attributes=["a"])["attributes"]["logloop.original.attributes"] == '["a"]'
    many = {f"k{number}": number for number in range(300)}
    kept = sent(attributes=many)["attributes"]
    assert {**kept, **kept["logloop.more"]} == {**many, "logloop.more": kept["logloop.more"]}
    assert sent(stray=5)["attributes"] == {"n": 1, "stray": 5}
    assert sent(attributes={"big": 10**5000})["attributes"]["big"].startswith("0x")
    colliding = sent(attributes={"nan": float("nan"), 1: "a", "1": "b"})["attributes"]
    assert sorted(colliding.values()) == ["a", "b", "nan"]


def test_an_entry_that_is_too_large_keeps_its_beginnings() -> None:
    values = sent(
        message="m" * 200_000, attributes={"small": 1, "text": "t" * 2_000_000, "list": list(range(40_000))}
    )
    assert values["message"].startswith("m" * 8000)
    assert values["attributes"]["small"] == 1
    assert values["attributes"]["text"].startswith("t" * 8000)
    assert "2000000 characters" in values["attributes"]["text"]


def test_a_refused_field_is_repaired_with_the_servers_clock() -> None:
    future = sendable_line({**GOOD, "timestamp": 4_102_444_800.0}, "shop", "own")
    assert check_one_by_one([json.loads(future)], RULES).rejected
    values = json.loads(after_refusal(future, ["timestamp"], "own", NOW) or b"")
    assert check_one_by_one([values], RULES).rejected == []
    assert values["timestamp"] == NOW.isoformat()
    assert values["attributes"] == {"n": 1, "logloop.original.timestamp": "2100-01-01T00:00:00+00:00"}


@pytest.mark.parametrize("field", ["service_id", "test_id", "severity", "message", "attributes", "entry"])
def test_an_entry_that_a_stricter_platform_refuses_is_repaired(field: str) -> None:
    deep: dict[str, Any] = {}
    for _ in range(30):
        deep = {"d": deep}
    line = sendable_line({**GOOD, "severity": "bogus", "message": "m" * 50_000, "attributes": deep}, "shop", "own")
    values = json.loads(after_refusal(line, {field, "severity", "attributes"}, "own", NOW) or b"")
    assert check_one_by_one([values], RULES).rejected == []
    assert values["message"].startswith("mmm")
    assert values["attributes"]["logloop.original.severity"] == "bogus"


def test_an_entry_of_a_refused_project_is_not_sent_again() -> None:
    assert after_refusal(sendable_line(GOOD, "shop", "own"), ["project_id"], "own", NOW) is None
    assert after_refusal(sendable_line(GOOD, "shop", "own"), [], "own", NOW) is None


_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.binary(max_size=5),
    st.builds(Mute), st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=14))])), st.just("\ud800"),
)  # fmt: skip
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_SCALARS, inner, max_size=4), max_leaves=8
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from([*(GOOD.keys() - {"project_id", "timestamp", "severity"}), "x"]), _VALUES))
def test_ingest_accepts_whatever_is_sent(changes: dict[str, Any]) -> None:
    sent(**changes)


def test_the_limits_are_those_of_the_contract() -> None:
    assert repair.MAX_MESSAGE_BYTES == log_entry.MAX_MESSAGE_BYTES
    assert repair.MAX_ENTRY_BYTES == log_entry.MAX_ENTRY_BYTES
    assert repair.MAX_REFERENCE_LENGTH == log_entry.MAX_REFERENCE_LENGTH
    assert repair.MAX_ATTRIBUTE_KEYS == log_entry.MAX_ATTRIBUTE_KEYS
    assert f"^{repair.SERVICE_ID.pattern}$" == log_entry.SERVICE_ID_PATTERN
    assert set(log_entry.LogEntry.model_fields) == repair.FIELDS


def test_a_long_message_is_truncated_with_a_mark() -> None:
    attributes: dict[str, Any] = {}
    text = fit("é" * 200_000, attributes)
    assert len(text.encode()) <= repair.MAX_MESSAGE_BYTES
    assert attributes == {"logloop.message_bytes": 400_000}


@pytest.mark.parametrize("mocked", [0.0, 1_326_499_200.0, 4_102_444_800.0, float("nan"), 1e300, None])
def test_the_child_process_replaces_the_time_of_a_mocked_clock(mocked: float | None) -> None:
    now = time.time()
    assert with_real_time({"timestamp": now - 60}, now) == {"timestamp": now - 60}
    entry = with_real_time({"timestamp": mocked, "attributes": {"a": 1}}, now)
    assert entry["timestamp"] == now
    assert entry["attributes"]["a"] == 1
    assert "logloop.original.timestamp" in entry["attributes"]
