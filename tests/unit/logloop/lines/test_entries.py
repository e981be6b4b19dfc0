"""Records become entries that the platform accepts; what does not fit is kept in another place."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logloop.lines.parsed import ParsedLine
from logloop.lines.reader import read_any
from logloop.shipping.entries import MAX_DEPTH, MAX_KEYS, valid_service
from logloop.shipping.shipper import ShipSettings
from logloop_contracts.log_entry import MAX_ATTRIBUTE_KEYS, MAX_MESSAGE_BYTES, SERVICE_ID_PATTERN, attribute_depth

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def entries(line: str, service: str | None = None) -> list[dict[str, Any]]:
    return ShipSettings(service=service).entries(read_any(line, UTC, NOW), "a.log")


@pytest.mark.parametrize(
    ("name", "service", "expected", "attributes"),
    [
        ("My Service", None, "My-Service", {"service.name": "My Service"}),
        ("My Service", "x", "x", {"service.name": "My Service"}),
        ("größe", None, "gr-e", {"service.name": "größe"}),
        ("shop", None, "shop", None),
        ("shop", "shop", "shop", None),
        ("///", None, "logs", {"service.name": "///"}),
    ],
)
def test_a_service_that_has_to_be_changed_is_kept(
    name: str, service: str | None, expected: str, attributes: dict[str, str] | None
) -> None:
    (entry,) = entries(json.dumps({"service": name, "message": "m"}), service)
    assert (entry["service_id"], entry["attributes"]) == (expected, attributes)


@given(st.text(max_size=200))
def test_a_service_is_always_valid(name: str) -> None:
    import re

    assert re.match(SERVICE_ID_PATTERN, valid_service(name))


def test_an_id_that_is_too_long_is_kept_as_attribute() -> None:
    (entry,) = entries(json.dumps({"test_id": "t" * 600, "message": "m"}))
    assert entry["test_id"] == "t" * 512
    assert entry["attributes"]["test_id"] == "t" * 600


def test_too_many_keys_are_kept_as_text() -> None:
    (entry,) = entries(json.dumps({"message": "m", **{f"k{n}": f"v{n}" for n in range(500)}}))
    assert len(entry["attributes"]) <= MAX_KEYS <= MAX_ATTRIBUTE_KEYS
    assert all(f'"v{n}"' in json.dumps(entry).replace("\\", "") for n in range(500))
    assert entry["attributes"]["logloop.changed"] == "too_many_keys"


def test_what_is_too_deep_is_kept_as_text() -> None:
    deep: Any = "bottom"
    for _ in range(60):
        deep = {"a": [deep]}
    (entry,) = entries(json.dumps({"message": "m", "deep": deep}))
    assert attribute_depth(entry["attributes"]) <= MAX_DEPTH
    assert "bottom" in json.dumps(entry)
    assert entry["attributes"]["logloop.changed"] == "too_deep"


def test_what_is_too_large_is_kept_as_text_in_several_entries() -> None:
    found = entries(json.dumps({"message": "m", "level": "error", "a": "word " * 200_000, "b": "end"}))
    assert len(found) > 1
    assert all(len(entry["message"].encode()) <= MAX_MESSAGE_BYTES for entry in found)
    assert "".join(entry["message"] for entry in found).count("word ") == 200_000
    assert {entry["severity"] for entry in found} == {"error"}
    assert [entry["attributes"]["logloop.part"] for entry in found] == [
        f"{n}/{len(found)}" for n in range(1, len(found) + 1)
    ]


def test_numbers_that_json_or_the_store_cannot_hold_become_text() -> None:
    (entry,) = entries('{"message":"m","big":123456789012345678901234567890,"huge":1e400,"none":NaN}')
    assert entry["attributes"] == {"big": "123456789012345678901234567890", "huge": "inf", "none": "NaN"}


@pytest.mark.parametrize("char", ["x", "ä", "€", "😀"])
def test_long_messages_are_split_without_loss(char: str) -> None:
    text = (char * 7 + " ") * 100_000
    found = ShipSettings(service="s").entries(ParsedLine(text), "a.log")
    assert "".join(entry["message"] for entry in found) == text
    assert all(len(entry["message"].encode()) <= MAX_MESSAGE_BYTES for entry in found)
    assert all(entry["message"].endswith(" ") for entry in found)
