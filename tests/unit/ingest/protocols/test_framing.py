"""How streams and datagrams are divided into messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logloop_ingest.listeners.framing import DelimitedFramer, Framer, SyslogFramer, TooLong
from logloop_ingest.listeners.gelf_chunks import EXPIRES_S, MAGIC, ChunkCollector

TEXT = st.binary(min_size=1, max_size=40).filter(lambda data: b"\n" not in data and data.strip(b"\r\0 "))


def fed(framer: Framer, data: bytes, size: int) -> list[bytes]:
    """Feed data in pieces of a size."""
    found = [frame for start in range(0, len(data), size) for frame in framer.feed(data[start : start + size])]
    return found + framer.finish()


@given(st.lists(st.tuples(st.booleans(), TEXT), max_size=20), st.integers(1, 64))
def test_counted_and_delimited_messages_may_be_mixed(messages: list[tuple[bool, bytes]], size: int) -> None:
    sent = [b"<13>" + text for _, text in messages]
    stream = b"".join(
        b"%d %s" % (len(text), text) if is_counted else text + b"\n"
        for (is_counted, _), text in zip(messages, sent, strict=True)
    )
    assert fed(SyslogFramer(1000), stream, size) == sent


def test_a_counted_message_may_have_line_feeds_and_a_delimited_one_digits() -> None:
    assert fed(SyslogFramer(1000), b"9 <13>a\nb\nc<13>d\n2026 is a year\n", 3) == [
        b"<13>a\nb\nc",
        b"<13>d",
        b"2026 is a year",
    ]
    assert fed(SyslogFramer(1000), b"<13>one\r\n\n<13>no end", 100) == [b"<13>one\r", b"<13>no end"]


def test_long_messages_are_divided_and_a_count_above_the_limit_is_refused() -> None:
    assert fed(SyslogFramer(4), b"abcdefghij\n", 3) == [b"abcd", b"efgh", b"ij"]
    assert fed(DelimitedFramer(b"\0", 4), b"abcdefghij\0\0k\0l", 3) == [b"abcd", b"efgh", b"ij", b"k", b"l"]
    with pytest.raises(TooLong, match="announces 5000 bytes"):
        SyslogFramer(1000).feed(b"5000 <13>")


def chunk(number: int, count: int, data: bytes, message: bytes = b"12345678") -> bytes:
    return MAGIC + message + bytes([number, count]) + data


def test_chunks_arrive_in_any_order_and_more_than_once() -> None:
    collector = ChunkCollector()
    assert collector.feed(b"{}", "a") == b"{}"
    assert collector.feed(chunk(2, 3, b"C"), "a") is None
    assert collector.feed(chunk(0, 3, b"A"), "a") is None
    assert collector.feed(chunk(0, 3, b"A"), "a") is None
    assert collector.feed(chunk(1, 3, b"X"), "other sender") is None
    assert collector.feed(chunk(1, 3, b"B"), "a") == b"ABC"


def test_incomplete_messages_are_dropped_after_five_seconds_and_counted() -> None:
    now = [0.0]
    collector = ChunkCollector(lambda: now[0])
    collector.feed(chunk(0, 2, b"A"), "a")
    now[0] = EXPIRES_S + 1
    assert collector.feed(chunk(0, 2, b"A", b"otherone"), "a") is None
    assert collector.dropped == 1
    assert collector.feed(chunk(1, 2, b"B"), "a") is None, "the first half is gone"
    for bad in (chunk(3, 3, b""), chunk(0, 129, b""), chunk(0, 0, b""), MAGIC + b"1"):
        assert collector.feed(bad, "a") is None
    assert collector.dropped == 5
    for number in range(2000):
        collector.feed(chunk(0, 2, b"A" * 10_000, number.to_bytes(8, "big")), "a")
    assert collector.dropped >= 1480, "what is held is bounded"
