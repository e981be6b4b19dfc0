"""An analysis beside its lines: without a model, with one that writes, and with one that fails."""

import json
import re
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.shop import EXCEPTION, RANGE
from tests.fakes.llm import Action, Asked, FakeLlm, Say, Status, good_answer

WRITTEN = "Citations are checked when the text is complete."


def slowly(asked: Asked) -> Action:
    """Write the good answer in pieces, so that the page shows the text before its citations are checked."""
    answer = good_answer(asked)
    assert isinstance(answer, Say)
    return replace(answer, pieces=20, pause_s=0.1)


def hanging(asked: Asked) -> Action:
    """Begin the good answer and never end it."""
    answer = good_answer(asked)
    assert isinstance(answer, Say)
    return replace(answer, pieces=20, pause_s=0.2, hang_after=8)


@pytest.fixture
def connected(admin: httpx.Client, shop: str, model: FakeLlm) -> str:
    """The project with a model."""
    settings = {"provider": "openai-compatible", "model": "stand-in", "base_url": model.url()}
    admin.put("/api/v1/settings/llm", params={"project_id": shop}, json=settings).raise_for_status()
    model.script.clear()
    return shop


def analyze(page: Page, question: str = "") -> Locator:
    """Ask for an analysis of what the page shows; return the panel."""
    page.get_by_role("button", name="Analyze A").click()
    panel = page.get_by_role("complementary", name="Analyze")
    panel.get_by_role("textbox").fill(question)
    panel.get_by_role("button", name="Analyze", exact=True).click()
    return panel


def cited_line(page: Page) -> Locator:
    """The list's row that a citation has marked."""
    return page.get_by_role("table", name="Log lines").locator("[class*=citationActive]")


def test_without_a_model_the_findings_are_shown_and_a_model_can_be_connected(
    open_page: Callable[..., Page], admin: httpx.Client, shop: str, model: FakeLlm
) -> None:
    admin.delete("/api/v1/settings/llm", params={"project_id": shop})
    page = open_page(f"/projects/{shop}/logs?{RANGE}")
    panel = analyze(page)
    expect(panel.get_by_role("region", name="Measured")).to_contain_text("KeyError")
    expect(panel.get_by_role("region", name="Explanation")).to_contain_text("no model")
    panel.get_by_role("link", name="Connect a model").click()
    page.get_by_role("radio", name="OpenAI-compatible").check()
    page.get_by_label("Address").fill(model.url())
    page.get_by_role("combobox", name="Model").fill("stand-in")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("region", name="OpenAI-compatible")).to_contain_text("stand-in, in use")
    assert model.asked == []
    page.go_back()
    panel.get_by_role("button", name="Again").click()
    expect(panel.get_by_role("list", name="Statements")).to_contain_text("logged it first")


def test_a_text_streams_and_a_citation_scrolls_to_its_line(
    open_page: Callable[..., Page], connected: str, model: FakeLlm
) -> None:
    model.script.append(slowly)
    page = open_page(f"/projects/{connected}/logs?{RANGE}", permissions=["clipboard-read", "clipboard-write"])
    panel = analyze(page)
    explanation = panel.get_by_role("region", name="Explanation")
    expect(explanation).to_contain_text("is where it began")
    expect(explanation).to_contain_text(WRITTEN)
    expect(explanation).not_to_contain_text(WRITTEN)

    statement = panel.get_by_role("list", name="Statements").get_by_role("listitem")
    expect(statement).to_contain_text("logged it first")
    cited = statement.get_by_role("button", name=re.compile("^Show line"))
    expect(cited).to_have_attribute("aria-pressed", "false")
    cited.click()
    expect(cited).to_have_attribute("aria-pressed", "true")
    mark = cited_line(page)
    expect(mark).to_have_text(cited.inner_text())
    expect(mark).to_be_in_viewport()
    name = cited.get_attribute("aria-label") or ""
    said = name.rpartition(": ")[2]
    expect(page.get_by_role("table", name="Log lines").get_by_text(said[:30]).first).to_be_in_viewport()

    panel.get_by_role("button", name="Markdown").click()
    expect(panel.get_by_role("button", name="Copied")).to_be_visible()
    markdown = page.evaluate("navigator.clipboard.readText()")
    assert "logged it first" in markdown
    assert EXCEPTION.split("'")[0] in markdown
    [link] = set(re.findall(r"\((http[^)]*/logs/[^)]*)\)", markdown.split("logged it first")[1].split("\n")[0]))
    page.goto(link)
    expect(page.get_by_role("region", name="Details of the line")).to_be_visible()


def test_an_answer_can_be_stopped_repeated_and_asked_about(
    open_page: Callable[..., Page], connected: str, model: FakeLlm
) -> None:
    model.script.append(hanging)
    page = open_page(f"/projects/{connected}/logs?{RANGE}")
    panel = analyze(page, "Why did checkout fail?")
    expect(panel).to_contain_text("is where it")
    panel.get_by_role("button", name="Stop").click()
    expect(panel.get_by_role("button", name="Again")).to_be_visible()
    expect(panel.get_by_role("list", name="Statements")).to_have_count(0)

    model.script.append(Status(401, "the stand-in knows no such key"))
    panel.get_by_role("button", name="Again").click()
    expect(panel).to_contain_text("the stand-in knows no such key")
    expect(panel.get_by_role("region", name="Measured")).to_contain_text("KeyError")

    panel.get_by_role("button", name="Again").click()
    expect(panel.get_by_role("list", name="Statements")).to_contain_text("logged it first")
    follow_up = panel.get_by_role("textbox", name="Ask a follow-up")
    model.script.append(lambda asked: replace(_about_first(asked), pieces=20, pause_s=0.05))
    follow_up.fill("Which line shows it?")
    follow_up.press("Enter")
    expect(follow_up).to_have_value("")
    answer = panel.get_by_role("article").last
    expect(answer).to_contain_text("This one does")
    cited = answer.get_by_role("button", name=re.compile("^Show line"))
    cited.click()
    expect(cited_line(page)).to_have_text(cited.inner_text())
    page.reload()
    expect(panel.get_by_role("article").first).to_contain_text("Which line shows it?")
    expect(panel.get_by_role("article").last).to_contain_text("This one does")


def _about_first(asked: Asked) -> Say:
    line = asked.lines[0]
    claim = {"text": "This one does.", "evidence": [line["id"]], "quote": line["message"][:30], "confidence": 0.8}
    answer = {"summary": f"This one does [{line['id']}].", "claims": [claim], "cause_found": True, "next_steps": []}
    return Say(json.dumps(answer))
