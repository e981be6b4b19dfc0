"""Pure functions: cursors, the audit chain, event order, steps, ids, throttle windows and passwords."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logloop_chassis.http.paging import decode_cursor, encode_cursor
from logloop_chassis.http.problems import Unprocessable
from logloop_chassis.ids import new_id
from logloop_query.analyses.event_feed import LAST_SEQ, contiguous
from logloop_query.catalogue.metrics import default_step
from logloop_query.identity.api_keys import random_text
from logloop_query.identity.passwords import Passwords, generate_password
from logloop_query.identity.throttle import WINDOW, _window
from logloop_query.records.audit import GENESIS, chained, changed_fields, entry_hash
from logloop_query.time_bounds import rfc3339, to_microseconds


@given(st.text(), st.integers(-(2**53), 2**53))
def test_a_cursor_decodes_to_its_position(text: str, number: int) -> None:
    assert decode_cursor(encode_cursor(text, number), str, int) == (text, number)


@given(st.text(max_size=40))
def test_any_cursor_is_a_position_or_is_rejected(text: str) -> None:
    try:
        position = decode_cursor(text, str)
    except Unprocessable:
        return
    assert position is not None
    assert isinstance(position[0], str)


def test_times_are_formatted_in_utc_with_microseconds() -> None:
    moment = datetime.fromisoformat("2026-11-22T12:00:00+02:00")

    assert rfc3339(to_microseconds(moment)) == "2026-11-22T10:00:00.000000Z"


def test_the_first_entry_of_the_trail_follows_the_genesis_hash() -> None:
    first = chained({"action": "a"}, None)
    second = chained({"action": "b"}, first)

    assert (first["_id"], first["previous"]) == (1, GENESIS)
    assert (second["_id"], second["previous"]) == (2, first["hash"])
    assert entry_hash(second) == second["hash"]
    assert entry_hash({**second, "action": "c"}) != second["hash"]


def test_an_audit_entry_names_changed_fields_without_values() -> None:
    before = {"_id": 1, "name": "a", "password_hash": "x", "updated_at": 1, "gone": 1}
    after = {"_id": 1, "name": "a", "password_hash": "y", "updated_at": 2, "new": 1}

    assert changed_fields(before, after) == ["gone", "new", "password"]
    assert changed_fields(None, {"name": "a"}) == ["name"]


def _row(turn: int, seq: int) -> dict[str, Any]:
    return {"turn": turn, "seq": seq}


@pytest.mark.parametrize(
    ("rows", "position", "expected"),
    [
        ([], (0, 0), []),
        ([(0, 1), (0, 2)], (0, 0), [(0, 1), (0, 2)]),
        ([(0, 1), (0, 3)], (0, 0), [(0, 1)]),
        ([(0, 2)], (0, 0), []),
        ([(0, 3)], (0, 2), [(0, 3)]),
        ([(0, 1), (0, 3), (0, LAST_SEQ)], (0, 0), [(0, 1), (0, 3), (0, LAST_SEQ)]),
        ([(1, 1), (1, 2)], (0, LAST_SEQ), [(1, 1), (1, 2)]),
        ([(1, 2)], (0, LAST_SEQ), []),
    ],
)
def test_events_are_sent_without_gaps_until_their_turn_has_ended(
    rows: list[tuple[int, int]], position: tuple[int, int], expected: list[tuple[int, int]]
) -> None:
    found = contiguous([_row(*row) for row in rows], position)

    assert [(row["turn"], row["seq"]) for row in found] == expected


@given(st.timedeltas(timedelta(microseconds=1), timedelta(days=36_500)))
def test_the_default_step_divides_a_time_range_into_at_most_three_hundred(window: timedelta) -> None:
    step = default_step(window)

    assert window / step <= 300
    assert step >= timedelta(seconds=1)


@pytest.mark.parametrize(
    ("window", "step"), [(timedelta(hours=1), 15), (timedelta(days=1), 300), (timedelta(minutes=1), 1)]
)
def test_the_default_step_is_round(window: timedelta, step: int) -> None:
    assert default_step(window) == timedelta(seconds=step)


def test_ids_differ_and_have_one_length() -> None:
    ids = {new_id() for _ in range(1000)}

    assert len(ids) == 1000
    assert {len(item) for item in ids} == {26}
    assert len(random_text(32)) == 32


@given(
    st.integers(1_577_836_800, 4_102_444_800).map(lambda at: datetime.fromtimestamp(at, UTC)), st.text(max_size=20)
)
def test_a_throttle_window_ends_within_its_length(moment: datetime, name: str) -> None:
    key, ends = _window(name, moment)
    later_key, _ = _window(name, ends)

    assert timedelta(0) < ends - moment <= WINDOW + timedelta(seconds=1)
    assert later_key != key


async def test_a_password_matches_only_its_own_hash() -> None:
    passwords = Passwords()
    stored = await passwords.hash("correct horse battery")

    assert stored.startswith("$argon2id$")
    assert await passwords.verify(stored, "correct horse battery")
    assert not await passwords.verify(stored, "correct horse")
    assert not await passwords.verify(None, "correct horse battery")
    assert not await passwords.verify("not a hash", "x")


def test_generated_passwords_are_long_and_different() -> None:
    made = {generate_password() for _ in range(100)}

    assert len(made) == 100
    assert {len(password) for password in made} == {23}
