"""The measures of a grouping, on cases small enough to count by hand."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.analysing.grouping import Agreement, agreement, mean

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("true", "found", "by_lines", "by_groups"),
    [
        ("aabc", "xxyz", 1, 1),  # the names of groups do not matter
        ("aabb", "xyzz", 1 / 2, 2 * 1 / (2 + 3)),  # a group in two: its lines are wrong, also those left together
        ("aabb", "xxxx", 0, 0),  # two groups in one
        ("aaab", "xxyz", 1 / 4, 2 * 1 / (2 + 3)),
        ("aaaabc", "xxxxyy", 4 / 6, 2 * 1 / (3 + 2)),
        ("abab", "xyyx", 0, 0),  # groups of the right sizes with other lines
        ("a", "x", 1, 1),
    ],
)
def test_a_group_counts_only_if_it_has_exactly_the_lines_of_a_true_one(
    true: str, found: str, by_lines: float, by_groups: float
) -> None:
    result = agreement(true, found)
    assert result.by_lines == by_lines
    assert result.by_groups == pytest.approx(by_groups)


def test_the_mean_weighs_each_set_alike() -> None:
    assert mean([Agreement(1, 0.5), Agreement(0.5, 0)]) == Agreement(0.75, 0.25)


def test_groups_of_other_lines_are_refused() -> None:
    with pytest.raises(ValueError, match="same lines"):
        agreement("ab", "a")
    with pytest.raises(ValueError, match="some"):
        agreement("", "")


def run(*arguments: str | Path) -> str:
    command = [sys.executable, "-m", "benchmarks.analysing.patterns", "--quick", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_table_has_a_row_for_each_set_and_says_without_a_folder_that_it_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "Shop").mkdir()
    with (tmp_path / "Shop/Shop_2k.log_structured.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["LineId", "Content", "EventId"])
        names = ["anna", "bert", "carl", "dora", "emil", "frida"]
        writer.writerows([n, f"hello {name}, id={n}", "E1"] for n, name in enumerate(names))
        writer.writerow([7, "bye", "E2"])

    assert "skipped" in run()
    out = run(tmp_path)
    assert "skipped" not in out
    [row] = [line for line in out.splitlines() if line.startswith("| Shop")]
    assert row.split("|")[2:5] == [" 0.143 / 0.222 ", " 0.143 / 0.222 ", " 1.000 / 1.000 "]
