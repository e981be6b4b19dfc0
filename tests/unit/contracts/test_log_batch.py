"""The Arrow batch codec round-trips log batches and rejects everything else."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from logloop_contracts import LogEntry
from logloop_contracts.log_batch import (
    LOG_SCHEMA,
    BadBatch,
    decode,
    derived_batch_id,
    encode,
    entries_to_batch,
    log_id,
    new_batch_id,
    parse_log_id,
)

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
optional = st.none() | st.text("abc:/_-", min_size=1, max_size=20)
entries = st.builds(
    LogEntry,
    project_id=st.just("shop"),
    service_id=st.sampled_from(["cart", "checkout"]),
    test_id=optional,
    func_id=optional,
    message=text,
    severity=st.sampled_from(["debug", "info", "warn", "error"]),
    timestamp=st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    source=optional,
    attributes=st.none() | st.dictionaries(text, st.integers() | text | st.booleans(), max_size=3),
)


@given(st.lists(entries, max_size=20))
def test_a_batch_round_trips(items: list[LogEntry]) -> None:
    table = decode(encode(entries_to_batch(items, "b" * 26)))
    assert table.schema.equals(LOG_SCHEMA)
    assert table["message"].to_pylist() == [item.message for item in items]
    assert table["timestamp"].to_pylist() == [item.timestamp for item in items]
    assert table["test_id"].to_pylist() == [item.test_id for item in items]
    assert table["row"].to_pylist() == list(range(len(items)))


@pytest.mark.parametrize("junk", [b"", b"{}", b"\xff" * 64, encode(pa.table({"a": [1]}))])
def test_bytes_that_are_not_a_batch_are_rejected(junk: bytes) -> None:
    with pytest.raises(BadBatch):
        decode(junk)


@given(st.binary(min_size=1, max_size=40), st.integers(0, 4000))
def test_a_damaged_batch_is_rejected_or_read_but_never_crashes(noise: bytes, at: int) -> None:
    item = LogEntry(
        project_id="p", service_id="s", message="m", severity="info", timestamp=datetime(2026, 1, 1, tzinfo=UTC)
    )
    body = bytearray(encode(entries_to_batch([item] * 3, new_batch_id())))
    at %= len(body)
    body[at : at + len(noise)] = noise
    try:
        decode(bytes(body))
    except BadBatch:
        return


def test_a_batch_id_is_new_or_derived_from_project_and_key() -> None:
    assert new_batch_id() != new_batch_id()
    assert len(new_batch_id()) == len(derived_batch_id("shop", "k")) == 26
    assert derived_batch_id("shop", "k") == derived_batch_id("shop", "k") != derived_batch_id("shop2", "k")


@given(st.integers(0, 2**52), st.integers(0, 2**31 - 1))
def test_a_log_id_contains_batch_hour_and_row(timestamp_us: int, row: int) -> None:
    batch = new_batch_id()
    found = parse_log_id(log_id(batch, timestamp_us, row))
    assert (found.batch, found.hour, found.row) == (batch, timestamp_us // 3_600_000_000, row)


@pytest.mark.parametrize("junk", ["", "a-b-c", "../../etc", "x" * 100, "b" * 26 + "-zz-1", "b" * 26])
def test_an_invalid_log_id_is_rejected(junk: str) -> None:
    with pytest.raises(ValueError, match="invalid log id"):
        parse_log_id(junk)
