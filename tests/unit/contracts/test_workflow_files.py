"""Workflow files: what they say, and where a violation is in the file."""

from pathlib import Path

import pytest
from logloop_contracts.workflow_files.file_conditions import read_workflow
from logloop_contracts.workflow_files.workflow_file import MAX_FILE_BYTES, Reaction

PATH = ".github/workflows/diagnose.yml"
HEAD = "on: {repository_dispatch: {types: [logloop.checkout.burst]}}\n"
WORKFLOW = """\
name: Diagnose
on:
  repository_dispatch:
    types: [logloop.checkout.burst]
  workflow_dispatch:
    inputs:
      logloop_correlation_id: {}
env:
  OTHER: 1
  LOGLOOP_WHEN: >-
    log.severity == "error" &&
    log.message.contains("timeout") && stats.count > 5
  LOGLOOP_WINDOW: 10m
  LOGLOOP_COOLDOWN: 1h
  LOGLOOP_ON_RESULT: |
    # What to do when it fails
    - when: run.conclusion == "failure"
      do: {dispatch: logloop.checkout.scale-up}
    - when: >-
        run.conclusion == "success"
        && run.failed_tests.size() > 0
      do: {pipeline: "Checkout: repair"}
      cooldown: 30s
      max_hops: 2
jobs:
  act:
    runs-on: ubuntu-latest
    env:
      COUNT: ${{ github.event.client_payload.count }}
    steps:
      - run: echo "$COUNT" ${{ github.event.client_payload.logloop.hop }}
      - uses: peter-evans/repository-dispatch@v3
        with: {event-type: checkout.next}
      - run: gh workflow run manual.yml
"""


def found(source: str) -> list[tuple[int, int, str]]:
    return [(item.line, item.column, item.message) for item in read_workflow(PATH, source).violations]


def marked(source: str) -> tuple[str, tuple[int, int]]:
    """Return a file without the mark, and the place of the mark."""
    before, _, after = source.partition("§")
    return before + after, (before.count("\n") + 1, len(before) - before.rfind("\n"))


def test_a_file_states_its_conditions_its_triggers_and_its_uses() -> None:
    file = read_workflow(PATH, WORKFLOW)

    assert file.violations == []
    own, first, second = file.conditions
    assert (own.key, own.on, own.window, own.cooldown, own.reaction) == ("when", "logs", "10m", "1h", None)
    assert own.source == 'log.severity == "error" && log.message.contains("timeout") && stats.count > 5'
    assert (own.at.line, own.at.column) == (11, 5)
    assert (first.key, first.on, first.cooldown) == ("on_result.0", "run", "1h")
    assert first.reaction == Reaction(event_type="logloop.checkout.scale-up")
    assert (second.cooldown, second.max_hops) == ("30s", 2)
    assert second.reaction == Reaction(pipeline="Checkout: repair")
    assert (file.event_types, file.inputs) == (("logloop.checkout.burst",), ("logloop_correlation_id",))
    assert [(use.name, use.at.line) for use in file.payload] == [("count", 29)]
    assert sorted(file.emitted | file.starts) == ["checkout.next", "manual.yml"]


@pytest.mark.parametrize(
    "env",
    [
        'LOGLOOP_WHEN: log.severity == "error" && log§.sevrity == "x"',
        "LOGLOOP_WHEN: 'log.severity == ''error'' && log§.sevrity == 1'",
        'LOGLOOP_WHEN: "log.severity == \\"error\\" && log§.sevrity == 1"',
        'LOGLOOP_WHEN: "log.severity == \\"a\\" \\\n    && log§.sevrity == 1"',
        'LOGLOOP_WHEN: >-\n    log.severity == "é" &&\n\n      log§.sevrity == 1',
        'LOGLOOP_WHEN: |\n    log.severity == "error"\n    && log§.sevrity == 1',
        'LOGLOOP_WHEN: > # folded\n    log.severity == "error"\n    && log§.sevrity == 1\n\n  OTHER: 1',
        "LOGLOOP_ON_RESULT: |\n    - do: {dispatch: a}\n      when: >-\n        run.hop == 1\n        && run§.x == 1",
    ],
)
def test_a_flaw_of_a_condition_is_reported_where_it_is_in_the_file(env: str) -> None:
    source, place = marked(f"{HEAD}env:\n  {env}\n")

    [(line, column, message)] = found(source)

    assert (line, column) == place
    assert "undeclared reference" in message


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (f"{HEAD}env:\n  LOGLOOP_WHEN: §log.severity\n", "must return true or false"),
        (f"{HEAD}env:\n  LOGLOOP_WHEN: log.severity ==§\n", "Syntax error"),
        (f'{HEAD}env:\n  LOGLOOP_WHEN: log.message == "§${{{{ secrets.X }}}}"\n', "GitHub would expand"),
        (f"{HEAD}env:\n  LOGLOOP_WHEN: §[a]\n", "must be a text"),
        (f"{HEAD}env:\n  §LOGLOOP_WEN: 'true'\n", "did you mean LOGLOOP_WHEN"),
        (f"{HEAD}env:\n  LOGLOOP_WHEN: 'true'\n  §LOGLOOP_WHEN: 'false'\n", "repeated"),
        (f"{HEAD}env:\n  LOGLOOP_WHEN: 'true'\n  LOGLOOP_WINDOW: §5 minutes\n", "invalid duration"),
        (f"{HEAD}env:\n  LOGLOOP_WHEN: 'true'\n  LOGLOOP_WINDOW: §2d\n", "between 1s and 1d"),
        (f"{HEAD}env:\n  LOGLOOP_WHEN: 'true'\n  LOGLOOP_COOLDOWN: §5s\n", "at least 10s"),
        (f"{HEAD}env:\n  LOGLOOP_WINDOW: §5m\n", "no effect without LOGLOOP_WHEN"),
        (f"{HEAD}env:\n  LOGLOOP_WHEN: 'true'\n  LOGLOOP_ON: §tests\n", "logs, analysis or run"),
        (f"{HEAD}env:\n  LOGLOOP_WHEN: 'true'\n  LOGLOOP_ON: §schedule\n", "on: schedule"),
        (f"{HEAD}env:\n  LOGLOOP_ON_RESULT: §when\n", "must be a YAML list"),
        (f"{HEAD}env:\n  LOGLOOP_ON_RESULT: |\n    - §when: 'true'\n", "write `when` and `do`"),
        (f"{HEAD}env:\n  LOGLOOP_ON_RESULT: |\n    - when: 'true'\n      do: §{{notify: me}}\n", "unknown action"),
        (f"{HEAD}env:\n  LOGLOOP_ON_RESULT: |\n    - [a§\n", "not valid YAML"),
        (f"{HEAD}jobs:\n  a:\n    env:\n      §LOGLOOP_WHEN: 'true'\n", "at the top of the file"),
        ("on: §push\nenv:\n  LOGLOOP_WHEN: 'true'\n", "cannot start this workflow"),
        ("on:\n  repository_dispatch:\n    §type: [a]\n", "write `types`"),
        ("on:\n  repository_dispatch:\n    types: [§logloop.*]\n", "no wildcards"),
        (f"on: {{repository_dispatch: {{types: [§{'a' * 101}]}}}}\n", "at most 100"),
        ("§name: a\n", "no `on:`"),
        ("§- a\n", "must be a YAML mapping"),
        ("on: [push§\n", "not valid YAML"),
        ("on: §\x00\n", "not allowed"),
        ("§" + "a" * (MAX_FILE_BYTES + 1), "at most"),
        ("§" + "[" * 20_000, "not valid YAML"),
    ],
)
def test_a_violation_says_what_is_wrong_and_where(source: str, words: str) -> None:
    text, place = marked(source)

    reported = found(text)

    assert any(place == (line, column) and words in message for line, column, message in reported), reported


def test_texts_stay_texts_and_on_is_not_true() -> None:
    file = read_workflow(PATH, "on: [workflow_dispatch]\nenv:\n  LOGLOOP_WHEN: true\n  LOGLOOP_ON: run\n")
    assert [(item.source, item.on) for item in file.conditions] == [("true", "run")]
    assert file.inputs == ()


def test_any_text_gives_a_result_with_places_inside_of_it() -> None:
    """Cut a real file anywhere: an editor sends half of it at any moment."""
    for end in range(0, len(WORKFLOW), 7):
        lines = WORKFLOW[:end].split("\n")
        for violation in read_workflow(PATH, WORKFLOW[:end]).violations:
            assert 1 <= violation.line <= len(lines)
            assert 1 <= violation.column <= len(lines[violation.line - 1]) + 1


def test_a_file_whose_anchors_refer_to_each_other_is_read_in_time() -> None:
    steps = "x: &steps\n" + "".join(f"  - run: {number}\n" for number in range(1200))
    jobs = "jobs:\n" + "".join(f"  job{number}: {{steps: *steps}}\n" for number in range(1000))
    assert read_workflow(PATH, HEAD + steps + jobs).violations == []
    assert read_workflow(PATH, HEAD + "x: &a [*a]\n").violations == []


def test_the_workflows_of_this_repository_have_no_violations() -> None:
    root = Path(__file__).parents[3]
    for path in root.glob(".github/workflows/*.yml"):
        assert read_workflow(str(path), path.read_text()).violations == []
