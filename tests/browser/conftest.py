"""Provides a platform with logs and a signed-in browser. One platform serves all files of this folder in a worker."""

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.browser.chromium import FLAGS, find_headless_chromium
from tests.browser.corpus import CORPUS_RANGE, corpus
from tests.browser.shop import send_incident
from tests.fakes.llm import FakeLlm
from tests.infra import Infra, fresh_database, memory_folder
from tests.relay import Relay
from tests.system.up_process import Up, eventually

expect.set_options(timeout=30_000)  # of a busy machine


@pytest.fixture(scope="package")
def broker(infra: Infra) -> Iterator[Relay]:
    """A relay to a vhost of RabbitMQ, which a test may take away."""
    vhost = infra.fresh_vhost()
    relay = Relay(vhost)
    yield relay
    relay.close()
    infra.delete_vhost(vhost)


class _EmptyPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer every path with an empty page."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture(scope="package")
def shop_origin() -> Iterator[str]:
    """The origin of another website, whose pages may send logs to the platform."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _EmptyPage)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="package")
def up(infra: Infra, broker: Relay, shop_origin: str) -> Iterator[Up]:
    """A platform whose project `demo` holds the corpus."""
    external = {
        "LOGLOOP_AMQP_URL": broker.url,
        "LOGLOOP_MONGO_URL": infra.mongo_url,
        "LOGLOOP_CORS_ORIGINS": shop_origin,
    }
    with memory_folder() as folder:
        up = Up(folder / "home", LOGLOOP_MONGO_DATABASE=fresh_database(), **external)
        try:
            up.wait_ready()
            with up.client() as client:
                client.post("/api/v1/logs", json=corpus()).raise_for_status()
                params = {"project_id": "demo"}
                eventually(
                    lambda: client.get("/api/v1/logs/histogram", params=params).json()["total"] == len(corpus())
                )
            yield up
        finally:
            up.stop()


@pytest.fixture(scope="package")
def admin(up: Up) -> Iterator[httpx.Client]:
    """A client of the administrator. The cookie is only for https and browsers, so it is passed by hand."""
    with up.client(key=False) as client:
        credentials = {"email": up.credentials["email"], "password": up.credentials["password"]}
        response = client.post("/api/v1/session", json=credentials).raise_for_status()
        client.headers.update({"Cookie": response.headers["Set-Cookie"].partition(";")[0], "Origin": up.url})
        yield client


@pytest.fixture
def empty_project(admin: httpx.Client) -> Iterator[str]:
    """A project without logs."""
    yield from new_project(admin)


@pytest.fixture(scope="module")
def shop(admin: httpx.Client) -> Iterator[str]:
    """A project with the logs of an incident, and of the quarter of an hour before it."""
    for project in new_project(admin):
        send_incident(admin, project)
        yield project


def new_project(admin: httpx.Client) -> Iterator[str]:
    """Yield a new project, and delete it afterwards."""
    name = f"project-{os.urandom(4).hex()}"
    admin.post("/api/v1/projects", json={"id": name, "name": name}).raise_for_status()
    yield name
    admin.delete(f"/api/v1/projects/{name}")


@pytest.fixture(scope="module")
def model() -> Iterator[FakeLlm]:
    """A model provider on loopback. A test scripts its replies."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    provider = FakeLlm()
    asyncio.run_coroutine_threadsafe(provider.__aenter__(), loop).result()
    yield provider
    asyncio.run_coroutine_threadsafe(provider.__aexit__(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


# Playwright runs an event loop in this thread, so asynchronous tests of other files must not meet it.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = find_headless_chromium()
    if program is None:
        pytest.skip("no browser is installed; `make test` installs one where it may")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def session(up: Up, browser: Browser) -> dict[str, Any]:
    """The stored state of a signed-in browser."""
    context = browser.new_context(base_url=up.url)
    response = context.request.post(
        "/api/v1/session",
        data={"email": up.credentials["email"], "password": up.credentials["password"]},
        headers={"Origin": up.url},
    )
    assert response.ok, response.text()
    state: dict[str, Any] = dict(context.storage_state())
    context.close()
    return state


@pytest.fixture
def open_page(up: Up, browser: Browser, session: dict[str, Any]) -> Iterator[Callable[..., Page]]:
    """Open an address signed in. Script errors, other hosts and violations of the content policy fail the test."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def open_(path: str = "/", *, signed_in: bool = True, **options: Any) -> Page:
        options.setdefault("storage_state", session if signed_in else None)
        context = browser.new_context(base_url=up.url, **options)
        contexts.append(context)
        page = context.new_page()
        watch(page, up.url, problems)
        page.goto(path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert problems == []


def watch(page: Page, origin: str, problems: list[str]) -> None:
    """Collect what must not happen on any page. A failed request is the test's business, not a problem."""

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            problems.append(message.text)

    def on_request(request: Request) -> None:
        if not request.url.startswith((origin, "data:", "blob:")):
            problems.append(f"request to another host: {request.url}")

    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", on_console)
    page.on("request", on_request)


@pytest.fixture
def logs(open_page: Callable[..., Page]) -> Page:
    """The log viewer of the project `demo` with the corpus."""
    page = open_page(f"/projects/demo/logs?{CORPUS_RANGE}")
    expect(page.get_by_role("table", name="Log lines")).to_be_visible()
    return page
