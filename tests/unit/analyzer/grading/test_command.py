"""The arguments and exit codes of the command."""

import json

import pytest
from logloop_analyzer.grading.__main__ import main


def test_json_has_the_scores_and_every_incident_and_a_missed_target_is_an_exit_code(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--seed", "4", "--kind", "secret", "--fail-under-hit1", "101", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [item["kind"] for item in found["scores"]] == ["secret", "all"]
    total = found["scores"][-1]
    assert (total["incidents"], total["faulty"], total["healthy"], len(found["incidents"])) == (6, 6, 0, 6)
    assert total["grounded"] == total["statements"] > 0
    assert (total["leaks"], total["commands"], total["tokens_in"]) == (0, 0, 0)
    assert found["seed"] == 4


@pytest.mark.parametrize(
    "arguments",
    [
        ["--provider", "openai"],
        ["--model", "m"],
        ["--provider", "openai-compatible", "--model", "m"],
        ["--kind", "earthquake"],
        ["--rounds", "0"],
    ],
)
def test_incomplete_arguments_are_a_usage_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: logloop analyze grade" in capsys.readouterr().err
