"""Emulation: a workflow waits for its approval, runs live with its steps and output, and can be stopped."""

import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.emulation import refusal

WORKFLOW = """\
on: {repository_dispatch: {types: [logloop.probe]}}
concurrency: one
jobs:
  probe:
    runs-on: ubuntu-latest
    steps:
      - {name: Prepare, run: 'echo "counted ${{ github.event.client_payload.count }}"'}
      - {name: Tick, run: 'for i in $(seq 2000); do echo "tick $i"; sleep 0.2; done'}
      - {name: Later, run: echo never}
"""


@pytest.fixture
def project(admin: httpx.Client, empty_project: str) -> str:
    """A project with an event template."""
    if reason := refusal():
        pytest.skip(reason)
    fields = [{"name": "count", "type": "integer", "required": True}]
    body = {"project_id": empty_project, "name": "Burst", "event_type": "logloop.probe", "fields": fields}
    admin.post("/api/v1/ci/templates", json=body).raise_for_status()
    return empty_project


def fill_in(page: Page, workflow: str) -> None:
    page.get_by_label("File name").fill("probe.yml")
    page.get_by_role("textbox", name="Workflow").fill(workflow)
    page.get_by_role("combobox", name="Service").fill("checkout")
    if page.get_by_role("combobox", name="Event template").input_value() != "Burst":
        page.get_by_role("combobox", name="Event template").click()
        page.get_by_role("option", name="Burst").click()
    page.get_by_role("textbox", name="count").fill("12")


def emulate(page: Page) -> None:
    page.get_by_role("button", name="Emulate…").click()
    question = page.get_by_role("dialog", name="Run probe.yml in the emulator?")
    expect(question).to_contain_text("logloop.probe")
    question.get_by_role("button", name="Run it").click()


def test_a_workflow_is_approved_runs_live_and_is_stopped(open_page: Callable[..., Page], project: str) -> None:
    page = open_page(f"/projects/{project}/ci/pipelines")
    page.get_by_role("button", name="Emulate a workflow…").click()
    fill_in(page, WORKFLOW)
    emulate(page)
    expect(page.get_by_role("alert")).to_contain_text("no administrator has approved this workflow")

    page.get_by_role("link", name="Open approvals").click()
    waiting = page.get_by_role("table", name="workflows").get_by_role("row").filter(has_text="probe.yml")
    expect(waiting).to_contain_text("waits")
    waiting.click()
    text = page.get_by_role("dialog", name="probe.yml")
    expect(text.get_by_role("region", name="Text of the workflow")).to_contain_text("name: Tick")
    text.get_by_role("button", name="Approve…").click()
    page.get_by_role("dialog", name="May probe.yml run?").get_by_role("button", name="Approve workflow").click()
    expect(waiting).to_contain_text("may run")

    page.goto(f"/projects/{project}/ci/emulate")
    expect(page.get_by_role("textbox", name="Workflow")).to_have_value(WORKFLOW)
    page.get_by_role("textbox", name="count").fill("12")
    emulate(page)
    page.wait_for_url(re.compile("/ci/runs/[0-9]+"))
    steps = page.get_by_role("navigation", name="Steps")
    expect(steps.get_by_role("button", name=re.compile("passed.*Prepare"))).to_be_visible()
    expect(steps.get_by_role("button", name=re.compile("running.*Tick"))).to_be_visible()
    expect(steps.get_by_role("button", name=re.compile("waiting.*Later"))).to_be_visible()
    lines = page.get_by_role("table", name="Log lines")
    expect(lines).to_contain_text("counted 12")
    expect(lines).to_contain_text("tick 3")
    expect(page.get_by_role("list", name="Differences from GitHub")).to_contain_text("concurrency")
    expect(steps).to_contain_text("1 job,")
    expect(lines).not_to_contain_text("concurrency")

    assert violations(page) == []
    page.get_by_role("button", name="Stop…").click()
    page.get_by_role("dialog", name="Stop probe.yml?").get_by_role("button", name="Stop run").click()
    expect(page.get_by_role("heading", level=1).locator("..")).to_contain_text("cancelled")
    expect(steps.get_by_role("button", name=re.compile("cancelled.*Tick"))).to_be_visible()
    expect(page.get_by_role("button", name="Stop…")).to_have_count(0)
    steps.get_by_role("button", name=re.compile("Prepare")).click()
    expect(lines).to_contain_text("counted 12")

    changed = WORKFLOW.replace("tick $i", "tock $i")
    page.goto(f"/projects/{project}/ci/emulate")
    fill_in(page, changed)
    emulate(page)
    page.get_by_role("link", name="Open approvals").click()
    page.get_by_role("row").filter(has_text="waits").click()
    change = page.get_by_role("region", name="Text of the workflow")
    expect(change.get_by_role("row").filter(has_text="removed")).to_contain_text("tick $i")
    expect(change.get_by_role("row").filter(has_text="added")).to_contain_text("tock $i")
    assert violations(page) == []
    page.get_by_role("button", name="Reject…").click()
    page.get_by_role("dialog", name="Forbid probe.yml?").get_by_role("button", name="Reject workflow").click()
    expect(page.get_by_role("row").filter(has_text="may not run")).to_be_visible()
