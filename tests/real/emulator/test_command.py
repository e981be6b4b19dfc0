"""`logloop ci emulate` on a machine without a platform."""

import json
import os
import subprocess
import sys
from pathlib import Path

WORKFLOW = """
on: {repository_dispatch: {types: [logloop.checkout]}}
jobs:
  probe:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - {name: Look, run: "ls; echo \\"${{ github.event.action }} ${{ github.event.client_payload.order.id }}\\""}
      - {name: Judge, run: "exit ${{ github.event.client_payload.code }}"}
"""


def emulate(tmp_path: Path, *arguments: str, text: str = WORKFLOW) -> subprocess.CompletedProcess[str]:
    path = tmp_path / ".github/workflows/probe.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    (tmp_path / "a-file-of-the-checkout").touch()
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home"), "LOGLOOP_HOME": str(tmp_path / "none")}
    command = [sys.executable, "-m", "logloop.cli", "ci", "emulate", str(path), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def test_it_prints_steps_and_output_and_its_exit_code_is_the_conclusion(tmp_path: Path) -> None:
    green = emulate(tmp_path, "--set", "code=0", "--set", "order.id=A7")
    assert green.returncode == 0, green.stdout + green.stderr
    assert "── probe / Look" in green.stdout
    assert "a-file-of-the-checkout" in green.stdout
    assert "logloop.checkout A7" in green.stdout
    red = emulate(tmp_path, "--set", "code=5", "--json")
    assert red.returncode == 7
    result = json.loads(red.stdout)
    assert [step["exit_code"] for step in result["jobs"][0]["steps"]] == [None, 0, 0, 5]


def test_what_github_would_not_start_is_refused_with_the_reason(tmp_path: Path) -> None:
    refused = emulate(tmp_path, "--event", "other.event")
    assert refused.returncode == 6
    assert "error types-filter: event type 'other.event' is not in `types: logloop.checkout`" in refused.stdout
