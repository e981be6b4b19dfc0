"""Encodings, escape sequences, NULs and overwritten text."""

from __future__ import annotations

import gzip
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logloop.lines.reader import read_any
from logloop.lines.text import clean, decode, detect, split_lines
from logloop.shipping.checkpoint import Position
from logloop.shipping.followed_file import FollowedFile
from logloop.shipping.inputs import LONGEST_LINE, file_lines, stream_lines

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
TEXT = "2026-11-26 10:00:00 ERROR wide\r\nzwölf ≠ 12\n\nend"


@pytest.mark.parametrize(
    ("line", "text", "overwritten"),
    [
        ("\x1b[31mERROR\x1b[0m x", "ERROR x", ""),
        ("\x1b[2K\x1b[1G50%", "50%", ""),
        ("\x1b]8;;http://a\x1b\\link\x1b]8;;\x07", "link", ""),
        ("\x9b31mred", "red", ""),
        ("\x00\x00\x00text\x00", "text", ""),
        ("\ufeffx", "x", ""),
        ("10%\r50%\rdone", "done", "10%\n50%"),
        ("done\r", "done", ""),
        ("b\x08bo\x08o _\x08x", "bo x", ""),
        ("50%\x08\x08\x0860%", "50%60%", ""),
        ("tab\tstays", "tab\tstays", ""),
    ],
)
def test_a_line_is_read_as_a_terminal_shows_it(line: str, text: str, overwritten: str) -> None:
    assert clean(line) == (text, overwritten)


def test_overwritten_text_is_an_attribute() -> None:
    parsed = read_any("loading 10%\r2026-11-26T10:00:00Z ERROR x", UTC, NOW)
    assert (parsed.severity, parsed.message, parsed.attributes) == ("error", "x", {"overwritten": "loading 10%"})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("suffix", [".log", ".gz"])
def test_a_file_is_read_in_the_encoding_that_its_start_shows(tmp_path: Path, encoding: str, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    data = TEXT.encode(encoding)
    path.write_bytes(gzip.compress(data) if suffix == ".gz" else data)
    assert list(file_lines(path)) == ["2026-11-26 10:00:00 ERROR wide", "zwölf ≠ 12", "", "end"]
    assert list(stream_lines(io.BytesIO(data))) == ["2026-11-26 10:00:00 ERROR wide", "zwölf ≠ 12", "", "end"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_a_growing_file_is_followed_in_its_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.log"
    data = TEXT.encode(encoding)
    path.write_bytes(data[:51])
    file = FollowedFile(path, Position())
    lines = list(file.read())
    with path.open("ab") as more:
        more.write(data[51:])
    lines += file.read()
    file.close()
    assert [line.text for line in lines] == ["2026-11-26 10:00:00 ERROR wide", "zwölf ≠ 12", ""]
    assert lines[-1].end == len(data) - len("end".encode(encoding.replace("-sig", ""))) + (
        2 if encoding == "utf-16" else 0
    )


def test_bytes_that_are_not_utf_8_are_latin_1_and_the_rest_of_the_line_stays() -> None:
    assert decode("naïve ≠ ".encode() + "café".encode("latin-1")) == "naïve ≠ café"
    assert decode(b"\x80 5\r\n") == "€ 5"
    assert decode(b"\x81") == "\x81"


def test_a_hole_of_nuls_does_not_look_like_utf_16() -> None:
    assert detect(b"\0" * 100).name == "utf-8"
    assert clean(decode(b"\0" * 100 + b"2026-11-26T10:00:00Z x"))[0] == "2026-11-26T10:00:00Z x"


def test_a_line_without_an_end_is_read_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"x" * (2 * LONGEST_LINE + 5))
    pieces = list(file_lines(path))
    assert "".join(pieces) == "x" * (2 * LONGEST_LINE + 5)
    assert max(map(len, pieces)) <= LONGEST_LINE + 1024 * 1024


# Without NUL: right after the mark of UTF-16 it makes the mark of UTF-32.
@given(st.lists(st.text(st.characters(blacklist_characters="\n\0", blacklist_categories=["Cs"]), max_size=8)))
def test_lines_are_split_at_line_feeds_only(lines: list[str]) -> None:
    data = "\n".join(lines).encode("utf-16")
    encoding = detect(data)
    complete, rest = split_lines(data, encoding)
    assert [raw.decode("utf-16-le") for raw in [*complete, rest]][1:] == lines[1:]
