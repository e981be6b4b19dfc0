"""`logloop demo`: runs the steps of the demo and prints each in the terminal.

Works offline: the emulator runs the workflows, in place of GitHub.
"""

import hashlib
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from logloop.api.client import Client
from logloop.api.results import Analysis
from logloop.cli.commands.analyze import print_report
from logloop.cli.output import console, print_json, print_logs, visible
from logloop.connection import Connection
from logloop.demo import real_input
from logloop.demo.platform import DemoPlatform, running_platform
from logloop.demo.shop import ROOT_CAUSE_SERVICE, ROOT_CAUSE_TEXT, Incident, Shop
from logloop.demo.workflows import BREAKER, BREAKER_EVENT, PROBE, PROBE_EVENT, UNREACHABLE
from logloop.errors import LogloopError, NotFound

_PROBE = "Demo: probe the payment provider"
_BREAKER = "Demo: open the circuit breaker"
_RULE = "Demo: payment time-outs"
_NEXT_RULE = "Demo: the provider is unreachable"
_CONDITION = 'log.severity == "error" && log.message.contains("timed out") && stats.count > 5'
_NEXT_CONDITION = f'log.message.contains("{UNREACHABLE}")'
_HISTORY = timedelta(minutes=20)
_INCIDENT = timedelta(minutes=4)
T = TypeVar("T")


def run(*, as_json: bool = False) -> int:
    """Run the demo. Return 0, or 1 after printing what failed."""
    try:
        with (
            running_platform() as platform,
            _client(platform.connection) as client,
        ):
            tour = _Tour(platform, client, quiet=as_json)
            result = tour.run()
            if as_json:
                print_json(result)
            elif not platform.started:
                tour.print_next_steps()
            elif sys.stdin.isatty():
                tour.print_next_steps()
                console().print("\nPress Enter to stop the platform. The data is kept.")
                sys.stdin.readline()
    except (LogloopError, TimeoutError) as error:
        sys.stderr.write(f"logloop demo: {error}\n")
        return 1
    return 0


def _client(connection: Connection) -> Client:
    return Client(connection.url, connection.api_key, project=connection.project)


class _Tour:
    def __init__(self, platform: DemoPlatform, client: Client, *, quiet: bool) -> None:
        self._platform = platform
        self._client = client
        self._quiet = quiet
        self._out = console()
        self._project = platform.connection.require_project()

    def run(self) -> dict[str, Any]:
        """Run all steps; return what they created."""
        url = self._platform.connection.url
        self._say(f"Platform {url}, project {self._project}. All input is real except the shop.", indent="")
        with real_input.followed_logs(self._platform.connection, self._platform.logs) as services:
            counts = self._own_logs(services)
            tests = self._own_tests()
            rules = self._rules()
            shop = self._open_shop()
            self._search(shop)
            analysis = self._analysis(shop)
            steps = [self._workflow(rule["id"]) for rule in rules]
        return {
            "url": self._platform.connection.url,
            "own_logs": counts,
            "own_tests": tests,
            "analysis": analysis.model_dump(mode="json"),
            "steps": steps,
        }

    def _own_logs(self, services: list[str]) -> dict[str, int]:
        self._heading("Logs of the platform's own RabbitMQ and MongoDB, sent with `logloop send --follow`")
        counts = {}
        for service in services:
            counts[service] = self._wait(lambda name=service: self._count(f"service:{name}"))  # type: ignore[misc]  # binds the loop variable
            self._say(f"{service}: {counts[service]:,} lines so far")
        if not services:
            self._say("RabbitMQ and MongoDB run elsewhere, so their log files are not available.")
        return counts

    def _own_tests(self) -> str | None:
        self._heading("Logloop's own tests, sent by the pytest plugin")
        folder = real_input.checkout()
        if folder is None:
            self._say("Logloop is not installed from a checkout, so there are no tests to run.")
            return None
        summary = real_input.run_own_tests(self._platform.connection, folder)
        self._say(summary)
        self._wait(lambda: self._count("service:logloop-tests"))
        page = self._client.search('service:logloop-tests test_id:* "test passed"', since="1h", limit=3)
        self._show(page.items)
        return summary

    def _rules(self) -> list[dict[str, Any]]:
        self._heading("Two rules: one starts a workflow when payments time out, the other acts on what it prints")
        for name in (_RULE, _NEXT_RULE):
            self._remove("/ci/rules", name)
        probe = self._pipeline(_PROBE, "probe.yml", PROBE, PROBE_EVENT)
        breaker = self._pipeline(_BREAKER, "breaker.yml", BREAKER, BREAKER_EVENT)
        return [
            self._rule(_RULE, _CONDITION, probe, sources=["demo"], window="5m"),
            self._rule(_NEXT_RULE, _NEXT_CONDITION, breaker, sources=["github-actions"]),
        ]

    def _pipeline(self, name: str, file: str, text: str, event_type: str) -> dict[str, Any]:
        """Create a pipeline whose workflow the emulator may run."""
        self._remove("/ci/pipelines", name)
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        self._client.request("PUT", f"/ci/emulations/approvals/{sha256}", body={"project_id": self._project})
        return self._create(
            "/ci/pipelines",
            name=name,
            service_id=ROOT_CAUSE_SERVICE,
            repository="acme/shop",
            mode="emulated",
            workflow=file,
            workflow_text=text,
            event_type=event_type,
        )

    def _rule(
        self, name: str, condition: str, pipeline: dict[str, Any], *, sources: list[str], **more: Any
    ) -> dict[str, Any]:
        rule = self._create(
            "/ci/rules",
            name=name,
            on="logs",
            filter={"services": [ROOT_CAUSE_SERVICE], "sources": sources},
            condition=condition,
            cooldown="10s",
            action={"pipeline_id": pipeline["id"]},
            **more,
        )
        self._say(f"when   {condition}")
        self._say(f"run    {pipeline['workflow']}")
        return rule

    def _open_shop(self) -> Shop:
        self._heading("A simulated shop with five services, whose payment provider stops responding")
        until = datetime.now(UTC)
        shop = Shop(self._project, until - _HISTORY, until, Incident(until - _INCIDENT), seed=int(until.timestamp()))
        sent = self._client.send(shop.entries())
        self._say(f"{sent.accepted:,} lines sent, {len(sent.rejected)} rejected")
        # Count only this shop's logs: an earlier demo may have left similar ones.
        self._wait(lambda: self._count(_logs_of(shop)) >= sent.accepted)
        return shop

    def _search(self, shop: Shop) -> None:
        query = f'severity:error "{ROOT_CAUSE_TEXT}"'
        self._heading(f"Search: {query}")
        page = self._client.search(f"{query} {_logs_of(shop)}", order="asc", limit=5)
        self._show(page.items)
        read = (page.scanned or {}).get("logs", 0)
        self._say(f"first {len(page.items)} results; {read:,} logs scanned in {page.took_ms or 0:.0f} ms")

    def _analysis(self, shop: Shop) -> Analysis:
        self._heading("Analysis: why do orders fail?")
        requested = self._client.analyze(
            _logs_of(shop), question="Why do orders fail?", since=shop.until - _INCIDENT, until=shop.until
        )
        done = self._client.wait_for_analysis(requested.id, timeout=120)
        if not self._quiet and done.report:
            print_report(done, self._platform.connection)
        if done.status != "completed":
            raise LogloopError(f"analysis {done.status}: {done.model_dump().get('failure')}")
        return done

    def _workflow(self, rule_id: str) -> dict[str, Any]:
        """Show the workflow that a rule has started, and its output. Return its dispatch and its run."""
        dispatch = self._wait(lambda: self._dispatch_of(rule_id))
        self._heading(f"Rule {dispatch['rule_name']!r} has fired: {dispatch['workflow']} runs, and prints logs")
        if dispatch["state"] != "sent":
            raise LogloopError(f"the workflow was not started: {dispatch['detail']}")
        path, params = f"/ci/runs/{dispatch['run_id']}", {"project_id": self._project}
        run: dict[str, Any] = self._wait(lambda: self._completed(path, params))
        shown = self._wait(lambda: self._output(dispatch["run_id"], run["log_count"]))
        self._show(shown)
        self._say(f"run {run['run_id']}: {run['conclusion']}, step {dispatch['hop'] + 1} of the chain")
        if run["conclusion"] != "success":
            raise LogloopError("the workflow did not succeed; the lines above say why")
        return {"dispatch": dispatch, "run": run}

    def _dispatch_of(self, rule_id: str) -> dict[str, Any] | None:
        found = (item for item in self._dispatches() if item.get("rule_id") == rule_id and _is_done(item))
        return next(found, None)

    def _completed(self, path: str, params: dict[str, str]) -> dict[str, Any] | None:
        try:
            run: dict[str, Any] = self._client.request("GET", path, params=params)
        except NotFound:
            return None  # it is linked to its dispatch in a moment
        return run if run["logs"] in ("collected", "unavailable") and run["log_count"] else None

    def _output(self, run_id: str, count: int) -> list[Any]:
        """Return the output of a run, once all of it can be searched."""
        query = f'attributes.ci.run_id:"{run_id}"'
        page = self._client.search(query, since="1h", order="asc", limit=min(count, 20))
        return page.items if len(page.items) >= min(count, 20) else []

    def print_next_steps(self) -> None:
        """Print links and commands to explore the result."""
        self._heading("Next steps")
        self._say(f"{self._platform.connection.url}/?project={self._project}&q=source%3Ademo")
        for line in ("search severity:error --since 10m", "ci dispatches", "admin settings set llm --help"):
            self._say(f"{self._platform.command} {line}")

    # -- requests and output

    def _dispatches(self) -> list[dict[str, Any]]:
        page = self._client.request("GET", "/ci/dispatches", params={"project_id": self._project, "limit": 20})
        items: list[dict[str, Any]] = page["items"]
        return items

    def _create(self, path: str, **fields: Any) -> dict[str, Any]:
        created: dict[str, Any] = self._client.request("POST", path, body={"project_id": self._project, **fields})
        return created

    def _remove(self, path: str, name: str) -> None:
        for item in list(self._client.list(path, project_id=self._project)):
            if item["name"] == name:
                self._client.request("DELETE", f"{path}/{item['id']}")

    def _count(self, query: str) -> int:
        histogram = self._client.histogram(query, since="7d")
        return int(histogram.get("total", 0))

    def _wait(self, condition: Callable[[], T | None], *, timeout_s: float = 60) -> T:
        """Poll a condition until it is true and return its value. Raises TimeoutError."""
        deadline = time.monotonic() + timeout_s
        while not (value := condition()):
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"no result within {timeout_s:.0f} s; the platform's logs are in {self._platform.logs}"
                )
            time.sleep(0.2)
        return value

    def _heading(self, title: str) -> None:
        if not self._quiet:
            self._out.print(f"\n── {title}", style="bold")

    def _say(self, text: str, indent: str = "   ") -> None:
        if not self._quiet:
            self._out.print(f"{indent}{visible(text)}")

    def _show(self, logs: list[Any]) -> None:
        if not self._quiet:
            print_logs(logs)


def _logs_of(shop: Shop) -> str:
    return f"attributes.shop:{shop.name}"


def _is_done(dispatch: dict[str, Any]) -> bool:
    return dispatch.get("state") in {"sent", "recorded", "failed"}
