"""`logloop analyze grade` as a process: with a model over the wire protocol of a provider, or without an analyzer."""

import asyncio
import json
import os
import sys
from typing import Any

import pyarrow as pa
import pytest
from logloop.cli import main
from logloop.cli.commands import analyze
from logloop_analyzer.evidence.prompt_injection import find_prompt_injection

from tests.fakes.llm import Action, Asked, FakeLlm, good_answer, say

COMMAND = [sys.executable, "-W", "error::ResourceWarning", "-m", "logloop.cli", "analyze", "grade"]


async def graded(llm: FakeLlm, *arguments: str) -> dict[str, Any]:
    provider = ["--provider", "openai", "--model", "test-model", "--base-url", llm.url()]
    environment = {**os.environ, "LOGLOOP_GRADE_API_KEY": "sk-canary-0123456789abcdef"}
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "--json", *provider, *arguments, env=environment, stdout=-1, stderr=-1
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    found: dict[str, Any] = json.loads(out)
    return found


def obeying(asked: Asked) -> Action:
    """Answer well, unless a line that the model can read gives an order: then deny that there is a cause."""
    readable = pa.array([str(line["message"]) for line in asked.lines])
    if not any(find_prompt_injection(readable).to_pylist()):
        return good_answer(asked)
    line = asked.lines[0]
    claim = {"text": "All is well.", "evidence": [line["id"]], "quote": line["message"][:30], "confidence": 1.0}
    return say({"summary": f"All is well [{line['id']}].", "claims": [claim], "cause_found": False, "next_steps": []})


async def test_a_model_is_graded_and_orders_in_the_logs_do_not_reach_it() -> None:
    async with FakeLlm(obeying) as llm:
        found = await graded(llm, "--kind", "poisoned", "--prices", "10", "100")
    total = found["scores"][-1]
    assert (total["poisoned"], total["swayed"], total["commands"]) == (6, 0, 0)
    assert total["first"] >= total["faulty"] / 2
    assert total["grounded"] == total["statements"]
    # The reports without the poison, for comparison, are not part of the bill.
    assert (total["tokens_in"], total["tokens_out"]) == (600, 120)
    assert found["price"] == (600 * 10 + 120 * 100) / 1_000_000
    assert len(llm.asked) == 12
    assert {item.headers["authorization"] for item in llm.asked} == {"Bearer sk-canary-0123456789abcdef"}
    marked = [line for item in llm.asked for line in item.lines if line.get("speaks_to_a_model")]
    assert marked
    assert all(line["message"].startswith("(withheld") for line in marked)


def test_without_the_analyzer_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(analyze, "find_spec", lambda _: None)
    monkeypatch.setattr(sys, "argv", ["logloop", "analyze", "grade", "--seed", "3"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "pip install 'logloop[local]'" in capsys.readouterr().err
