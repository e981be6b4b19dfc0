"""`logloop demo`: the whole loop on real input, told chapter by chapter in the terminal.

It must not need anything outside this machine: without GitHub credentials the dispatch is recorded, not sent.
"""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from logloop.api.client import Client
from logloop.api.results import Analysis
from logloop.cli.analyze import print_report
from logloop.cli.output import console, print_json, print_logs, to_json
from logloop.demo import real_input
from logloop.demo.platform import Stage, stage
from logloop.demo.shop import ROOT_CAUSE_SERVICE, ROOT_CAUSE_TEXT, Incident, Shop
from logloop.errors import LogloopError

_PIPELINE = "Demo: probe the payment provider"
_RULE = "Demo: payment time-outs"
_CONDITION = 'log.severity == "error" && log.message.contains("timed out") && stats.count > 5'
_HISTORY = timedelta(minutes=20)
_TROUBLE = timedelta(minutes=4)
T = TypeVar("T")


def run(*, as_json: bool = False) -> int:
    """Play the demo. Returns 0, or 1 after saying what went wrong."""
    try:
        with (
            stage() as place,
            Client(place.connection.url, place.connection.api_key, project=place.connection.project) as client,
        ):
            tour = _Tour(place, client, quiet=as_json)
            result = tour.play()
            if as_json:
                print_json(result)
            elif not place.ours:
                tour.look_around()
            elif sys.stdin.isatty():
                tour.look_around()
                console().print("\nPress Enter to stop the platform; the data stays.")
                sys.stdin.readline()
    except (LogloopError, TimeoutError) as error:
        sys.stderr.write(f"logloop demo: {error}\n")
        return 1
    return 0


class _Tour:
    def __init__(self, place: Stage, client: Client, *, quiet: bool) -> None:
        self._place = place
        self._client = client
        self._quiet = quiet
        self._out = console()
        self._project = place.connection.require_project()

    def play(self) -> dict[str, Any]:
        """Every chapter; the result names what was made."""
        self._say(f"On {self._place.connection.url}, project {self._project}. Only the shop is made up.", indent="")
        with real_input.following(self._place.connection, self._place.logs) as services:
            counts = self._own_logs(services)
            tests = self._own_tests()
            rule = self._rule()
            shop = self._open_shop()
            self._search(shop)
            analysis = self._analysis(shop)
            dispatch = self._dispatch(rule["id"])
        return {
            "url": self._place.connection.url,
            "own_logs": counts,
            "own_tests": tests,
            "analysis": analysis.model_dump(mode="json"),
            "dispatch": dispatch,
        }

    def _own_logs(self, services: list[str]) -> dict[str, int]:
        self._chapter("The logs of this very RabbitMQ and MongoDB, through `logloop send --follow`")
        counts = {}
        for service in services:
            counts[service] = self._wait(lambda name=service: self._count(f"service:{name}"))  # type: ignore[misc]  # bound early
            self._say(f"{service}: {counts[service]:,} lines and counting")
        if not services:
            self._say("RabbitMQ and MongoDB run elsewhere, so their log files are not here.")
        return counts

    def _own_tests(self) -> str | None:
        self._chapter("Logloop's own tests, through the pytest plugin")
        folder = real_input.checkout()
        if folder is None:
            self._say("This is no checkout, so there are no tests to run.")
            return None
        said = real_input.run_own_tests(self._place.connection, folder)
        self._say(said)
        self._wait(lambda: self._count("service:logloop-tests"))
        page = self._client.search('service:logloop-tests test_id:* "test passed"', since="1h", limit=3)
        self._show(page.items)
        return said

    def _rule(self) -> dict[str, Any]:
        self._chapter("A rule: when payments time out, start a GitHub workflow")
        self._remove("/ci/rules", _RULE)
        self._remove("/ci/pipelines", _PIPELINE)
        pipeline = self._create(
            "/ci/pipelines",
            name=_PIPELINE,
            service_id=ROOT_CAUSE_SERVICE,
            repository="acme/shop",
            workflow="probe-payment.yml",
            event_type="logloop.payment.timeout-burst",
        )
        rule = self._create(
            "/ci/rules",
            name=_RULE,
            on="logs",
            filter={"services": [ROOT_CAUSE_SERVICE]},
            condition=_CONDITION,
            window="5m",
            cooldown="10s",
            action={"pipeline_id": pipeline["id"]},
        )
        self._say(f"when   {_CONDITION}   within 5m")
        self._say(f"start  {pipeline['event_type']} in {pipeline['repository']}")
        return rule

    def _open_shop(self) -> Shop:
        self._chapter("A shop with five services; then its payment provider stops answering")
        until = datetime.now(UTC)
        shop = Shop(self._project, until - _HISTORY, until, Incident(until - _TROUBLE), seed=int(until.timestamp()))
        sent = self._client.send(shop.entries())
        self._say(f"{sent.accepted:,} lines sent, {len(sent.rejected)} refused")
        # Another run of the demo may have left the same lines, so it is this shop's own that must be there.
        self._wait(lambda: self._count(_of(shop)) >= sent.accepted)
        return shop

    def _search(self, shop: Shop) -> None:
        query = f'severity:error "{ROOT_CAUSE_TEXT}"'
        self._chapter(f"Search: {query}")
        page = self._client.search(f"{query} {_of(shop)}", order="asc", limit=5)
        self._show(page.items)
        read = (page.scanned or {}).get("logs", 0)
        self._say(f"the first {len(page.items)}; {read:,} lines read in {page.took_ms or 0:.0f} ms")

    def _analysis(self, shop: Shop) -> Analysis:
        self._chapter("Analysis: why do orders fail?")
        asked = self._client.analyze(
            _of(shop), question="Why do orders fail?", since=shop.until - _TROUBLE, until=shop.until
        )
        done = self._client.wait_for_analysis(asked.id, timeout=120)
        if not self._quiet and done.report:
            print_report(done, self._place.connection)
        if done.status != "completed":
            raise LogloopError(f"the analysis is {done.status}: {done.model_dump().get('failure')}")
        return done

    def _dispatch(self, rule_id: str) -> dict[str, Any]:
        self._chapter("The rule has fired; this is the event for GitHub")
        found = self._wait(
            lambda: next((d for d in self._dispatches() if d.get("rule_id") == rule_id and _is_done(d)), None)
        )
        self._say(f"{found['event_type']} → {found['repository']}: {found['state']}")
        for name, value in (found.get("payload") or {}).items():
            self._say(f"  {name:<10}{value if isinstance(value, str) else to_json(value)}")
        if found["state"] == "recorded":
            self._say("No GitHub credentials are set, so it was recorded instead of sent. To send:")
            self._say(f'  echo \'{{"token": "…"}}\' | {self._place.command} admin settings set github --data -')
        return found

    def look_around(self) -> None:
        """Where to go on."""
        self._chapter("Now look around")
        self._say(f"{self._place.connection.url}/?project={self._project}&q=source%3Ademo")
        for line in ("search severity:error --since 10m", "ci dispatches", "admin settings set llm --help"):
            self._say(f"{self._place.command} {line}")

    # -- small things

    def _dispatches(self) -> list[dict[str, Any]]:
        page = self._client.request("GET", "/ci/dispatches", params={"project_id": self._project, "limit": 20})
        items: list[dict[str, Any]] = page["items"]
        return items

    def _create(self, path: str, **fields: Any) -> dict[str, Any]:
        made: dict[str, Any] = self._client.request("POST", path, body={"project_id": self._project, **fields})
        return made

    def _remove(self, path: str, name: str) -> None:
        for item in list(self._client.list(path, project_id=self._project)):
            if item["name"] == name:
                self._client.request("DELETE", f"{path}/{item['id']}")

    def _count(self, query: str) -> int:
        answer = self._client.histogram(query, since="7d")
        return int(answer.get("total", 0))

    def _wait(self, condition: Callable[[], T | None], *, timeout_s: float = 60) -> T:
        """The first true answer of a condition."""
        deadline = time.monotonic() + timeout_s
        while not (value := condition()):
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"nothing came within {timeout_s:.0f} s; the logs of the parts are in {self._place.logs}"
                )
            time.sleep(0.2)
        return value

    def _chapter(self, title: str) -> None:
        if not self._quiet:
            self._out.print(f"\n── {title}", style="bold")

    def _say(self, text: str, indent: str = "   ") -> None:
        if not self._quiet:
            self._out.print(f"{indent}{text}")

    def _show(self, logs: list[Any]) -> None:
        if not self._quiet:
            print_logs(logs)


def _of(shop: Shop) -> str:
    return f"attributes.shop:{shop.name}"


def _is_done(dispatch: dict[str, Any]) -> bool:
    return dispatch.get("state") in {"sent", "recorded", "failed"}
