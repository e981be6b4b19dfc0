"""The loop as a person follows it: a finding becomes a rule, the rule fires, and the chain leads back to the line."""

import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.shop import EXCEPTION, RANGE, SERVICE, send_exceptions


@pytest.fixture(scope="module")
def pipeline(admin: httpx.Client, shop: str) -> str:
    """The name of a pipeline of the service that fails. The project has no GitHub credentials."""
    body = {"project_id": shop, "name": "Diagnose checkout", "service_id": SERVICE, "repository": "acme/shop"}
    admin.post("/api/v1/ci/pipelines", json=body).raise_for_status()
    return body["name"]


def test_a_finding_becomes_a_rule_whose_dispatch_leads_back_to_its_line(
    open_page: Callable[..., Page], admin: httpx.Client, shop: str, pipeline: str
) -> None:
    page = open_page(f"/projects/{shop}/logs?{RANGE}")
    page.get_by_role("button", name="Analyze A").click()
    panel = page.get_by_role("complementary", name="Analyze")
    panel.get_by_role("button", name="Analyze", exact=True).click()
    expect(panel.get_by_role("region", name="Measured")).to_contain_text("KeyError")
    panel.get_by_role("link", name=re.compile("^Create rule from")).click()

    expect(page.get_by_role("combobox", name="Pipeline to start")).to_have_value(pipeline)
    expect(page.get_by_role("textbox", name="Condition (CEL)")).to_have_value(re.compile("KeyError"))
    name = page.get_by_role("textbox", name="Name").input_value()
    page.get_by_role("button", name="Save and switch on…").click()
    question = page.get_by_role("dialog", name=f"Switch on {name}?")
    expect(question).to_contain_text("it starts a workflow")
    assert admin.get("/api/v1/ci/rules", params={"project_id": shop}).json()["items"] == []
    question.get_by_role("button", name="Save and switch on").click()
    page.wait_for_url(lambda url: "/ci/rules/" in url and "/new" not in url)
    rule = page.url

    send_exceptions(admin, shop, 8)
    evaluations = page.get_by_role("table", name="Evaluations")
    expect(evaluations).to_contain_text("fired")
    evaluations.get_by_role("link", name="the dispatch").click()
    dispatch = page.get_by_role("dialog", name="Dispatch")
    expect(dispatch).to_contain_text("recorded")
    expect(dispatch).to_contain_text(name)
    dispatch.get_by_role("link", name="the line").click()
    expect(page.get_by_role("region", name="Details of the line")).to_contain_text(SERVICE)
    expect(page.get_by_role("table", name="Log lines").get_by_text(EXCEPTION).first).to_be_visible()

    page.go_back()
    dispatch.get_by_role("link", name="what led to what").click()
    steps = page.get_by_role("list", name="Steps of the chain").get_by_role("listitem")
    expect(steps).to_contain_text([EXCEPTION, name, "recorded"])
    chain = page.url
    steps.get_by_role("link", name="in Logs").click()
    expect(page.get_by_role("region", name="Details of the line")).to_be_visible()
    page.go_back()
    steps.get_by_role("link", name="why it fires").click()
    expect(page).to_have_url(re.compile(re.escape(rule.partition("?")[0])))
    page.goto(chain)
    steps.get_by_role("link", name="payload").click()
    expect(page.get_by_role("dialog", name="Dispatch")).to_contain_text("acme/shop")

    page.goto(rule)
    history = page.get_by_role("table", name="Outcomes by hour").get_by_role("row").filter(has_text="fired")
    expect(history.get_by_role("link", name=re.compile("fired, once"))).to_be_visible()
    page.get_by_role("link", name="Analyze its lines…").click()
    expect(panel.get_by_role("region", name="Lines to explain")).to_be_hidden()
    expect(panel.get_by_role("region", name="Scope")).to_contain_text("service:checkout")
