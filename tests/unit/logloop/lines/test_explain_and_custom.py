"""A user's own formats, and the explanation of how lines are read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from logloop.cli.app import app
from logloop.lines.custom import parse_formats
from logloop.lines.explain import explain
from logloop.lines.reader import LineReader
from typer.testing import CliRunner

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
OWN = r"""
# the audit log of the shop
audit = AUDIT (?P<time>\S+ \S+) lvl(?P<level>\w+) who=(?P<user>\w+) (?P<message>.*)
"""


def test_an_own_format_comes_first_and_keeps_the_words_outside_of_its_groups() -> None:
    reader = LineReader("auto", UTC, NOW, parse_formats(OWN))
    parsed = reader.read("AUDIT 2026-11-26 10:00:00 lvlERROR who=bob did it")
    assert (parsed.format, parsed.severity, parsed.message) == ("audit", "error", "did it")
    assert parsed.timestamp == datetime(2026, 11, 26, 10, tzinfo=UTC)
    assert parsed.attributes["user.name"] == "bob"
    assert "AUDIT" in parsed.attributes["log.original"]
    assert reader.read("AUDIT of something else").format == "text"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no equals sign", "line 1: write NAME = REGULAR EXPRESSION"),
        ("\nx = (", "line 2: x is not a regular expression"),
        ("x = abc", "line 1: x has no named group"),
        ("# nothing", "no formats"),
    ],
)
def test_a_file_of_formats_is_refused_with_the_line_that_is_wrong(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_formats(text)


def test_an_explanation_says_how_each_line_is_read_and_why() -> None:
    lines = [
        "2026-07-01 12:00:00.000 IST [1] LOG:  x",
        "2026-11-26 10:00:00,1 ERROR boom",
        "Traceback (most recent call last):",
        '  File "a.py", line 1',
        "KeyError: 1",
        "2026-11-26T10:00:00.4Z stderr F hi",
        "2030-01-01T00:00:00Z x",
        "plain",
    ]
    found = list(explain(lines, LineReader("auto", UTC, NOW)))
    assert [one.format for one in found] == ["postgresql", "time", "", "", "", "cri+text", "time", "text"]
    assert [one.joins for one in found] == [None, None, 2, 2, 2, None, None, None]
    assert "the zone IST is ambiguous; +0530 is assumed" in found[0].reasons[1]
    assert "stream stderr" in found[5].reasons[0]
    assert "cannot be believed" in found[6].reasons[1]
    assert found[7].reasons[0] == "no format fits the whole line, so all of it is the message"


def test_send_explains_without_a_platform(tmp_path: Path) -> None:
    log, own = tmp_path / "a.log", tmp_path / "own.formats"
    log.write_text("AUDIT 2026-11-26 10:00:00 lvlERROR who=bob did it\nplain\n")
    own.write_text(OWN)
    done = CliRunner().invoke(app, ["send", "--explain", "--timezone", "UTC", "--format", str(own), str(log)])
    assert done.exit_code == 0, done.output
    assert "    audit | 2026-11-26T10:00:00+00:00 | error | did it" in done.output
    assert "    text | no time | info | plain" in done.output


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("x\n")
    done = CliRunner().invoke(app, ["send", "--explain", "--format", "nginx2", str(tmp_path / "a.log")])
    assert done.exit_code != 0
    assert "use auto, text, json, logfmt or a file of formats" in done.output
