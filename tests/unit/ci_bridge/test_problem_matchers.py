"""Problem matchers: which are valid, what they find, and that they are bounded."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from logloop_ci_bridge.github.gateway import Annotation, Job
from logloop_ci_bridge.runs.job_log import parse_job
from logloop_ci_bridge.runs.output import OutputAnnotation, RunOutput, matched_again
from logloop_ci_bridge.runs.problem_matchers import MAX_SECONDS, MatcherDraft, Matching
from pydantic import ValidationError

JOB = Job("1", "build", "failure", (), datetime(2026, 11, 27, tzinfo=UTC))
GCC = {
    "owner": "gcc",
    "pattern": [
        {
            "regexp": r"^(.+?):(\d+):(\d+):\s+(?:fatal )?(warning|error):\s+(.*)$",
            "file": 1,
            "line": 2,
            "column": 3,
            "severity": 4,
            "message": 5,
        }
    ],
}
STYLISH = {
    "owner": "eslint-stylish",
    "pattern": [
        {"regexp": r"^([^\s].*)$", "file": 1},
        {
            "regexp": r"^\s+(\d+):(\d+)\s+(error|warning|info)\s+(.*)\s\s+(.*)$",
            "line": 1,
            "column": 2,
            "severity": 3,
            "message": 4,
            "code": 5,
            "loop": True,
        },
    ],
}


def matcher(*matchers: dict[str, Any], file: str | None = None) -> MatcherDraft:
    """A matcher file."""
    return MatcherDraft.model_validate({"name": "m", "file": file, "problemMatcher": matchers})


def found(text: str, *files: MatcherDraft, annotations: tuple[Annotation, ...] = ()) -> list[OutputAnnotation]:
    """The annotations in the output of a job."""
    output = RunOutput()
    output.add(JOB, parse_job(JOB, text.encode(), annotations, files))
    return output.annotations


def facts(annotations: list[OutputAnnotation]) -> list[tuple[Any, ...]]:
    return [(item.source, item.level, item.path, item.line, item.title, item.message) for item in annotations]


def test_a_matcher_finds_annotations_and_gives_lines_a_severity() -> None:
    text = "compiling\nsrc/a.c:3:7: error: unknown type\nsrc/b.c:9:1: warning: unused"
    assert facts(found(text, matcher(GCC))) == [
        ("gcc", "failure", "src/a.c", 3, None, "unknown type"),
        ("gcc", "warning", "src/b.c", 9, None, "unused"),
    ]
    lines = parse_job(JOB, text.encode(), (), [matcher(GCC)]).lines
    assert [line.severity.value for line in lines] == ["info", "error", "warn"]
    assert lines[1].extra["ci.file_line"] == 3


def test_a_matcher_of_several_lines_loops_over_the_last() -> None:
    text = (
        "/home/runner/work/shop/shop/src/a.js\n  3:7  error    x is not defined  no-undef\n"
        "  9:1  warning  unused            no-unused\n\nsrc/b.js\n  1:1  info  odd  x\n  2:1  error  bad  rule"
    )
    assert facts(found(text, matcher(STYLISH))) == [
        ("eslint-stylish", "failure", "src/a.js", 3, "no-undef", "x is not defined"),
        ("eslint-stylish", "warning", "src/a.js", 9, "no-unused", "unused"),
        ("eslint-stylish", "failure", "src/b.js", 2, "rule", "bad"),
    ]


def test_a_matcher_with_a_file_applies_between_add_matcher_and_remove_matcher() -> None:
    problem = "a.c:1:1: error: {}"
    text = "\n".join(
        (
            problem.format("before"),
            "##[add-matcher]/home/runner/work/_actions/x/.github/gcc.json",
            problem.format("between"),
            "##[remove-matcher owner=gcc]",
            problem.format("after"),
        )
    )
    assert [item.message for item in found(text, matcher(GCC, file="gcc.json"))] == ["between"]
    assert [item.message for item in found(text, matcher(GCC, file="other.json"))] == []


def test_what_github_found_with_the_same_matcher_is_not_repeated() -> None:
    annotations = (Annotation("failure", "unknown type", "src/a.c", 3),)
    shown = found("src/a.c:3:7: error: unknown type", matcher(GCC), annotations=annotations)
    assert len(shown) == 1


def test_a_matcher_runs_over_stored_output() -> None:
    output = RunOutput()
    output.add(JOB, parse_job(JOB, b"src/a.c:3:7: error: unknown type"))
    assert output.annotations == []
    assert facts(matched_again(output, matcher(GCC, file="gcc.json"))) == [
        ("gcc", "failure", "src/a.c", 3, None, "unknown type")
    ]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ({"regexp": "(", "message": 1}, "not a valid RE2 pattern"),
        ({"regexp": r"(?=a)(b)", "message": 1}, "not a valid RE2 pattern"),
        ({"regexp": r"(\pL+){50}z", "message": 1}, "shorten it"),
        ({"regexp": "(a)", "message": 2}, "message name a higher one"),
        ({"regexp": "(a)", "file": 1}, "group of the message"),
        ({"regexp": "a" * 1001, "message": 0}, "at most 1000"),
    ],
)
def test_an_invalid_matcher_is_refused(pattern: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        matcher({"owner": "o", "pattern": [pattern]})


def test_escapes_of_javascript_are_understood() -> None:
    own = {"owner": "o", "pattern": [{"regexp": r"^\u2718 (.*)$", "message": 1}]}
    assert [item.message for item in found("✘ broken", matcher(own))] == ["broken"]


def test_matching_ends_when_its_time_is_over() -> None:
    moments = count(0, int(MAX_SECONDS / 2))
    matching = Matching([matcher(GCC)], clock=lambda: float(next(moments)))
    results = [matching.feed("a.c:1:1: error: x") for _ in range(4)]
    assert [result is not None for result in results] == [True, False, False, False]
