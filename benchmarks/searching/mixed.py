"""Measures searches of ten people while logs arrive at half the highest rate."""

import random
import statistics
import threading
from dataclasses import dataclass, field

import httpx

from benchmarks.report import Report
from benchmarks.searching.questions import QUESTIONS
from benchmarks.sending.baseline import CONNECTIONS
from benchmarks.sending.intake import Intake
from benchmarks.sending.lines import FREQUENT_TERM
from benchmarks.sending.load import LoadClient, percentile
from benchmarks.testbed import Testbed

PEOPLE = 10
_PAUSE_S = 0.5
_LOGS_PER_REQUEST = 1000
_HALF = 0.5
_BUSY = (429, 503)


@dataclass
class _Person:
    """Searches again and again with a key of their own, and thinks in between."""

    client: httpx.Client
    project: str
    seed: int
    taken: list[float] = field(default_factory=list)
    refused: int = 0

    def search_until(self, stop: threading.Event) -> None:
        """Search until `stop` is set."""
        rng = random.Random(self.seed)
        pages = [("", {"q": FREQUENT_TERM, "limit": "100"}), ("/histogram", {}), ("/facets", {})]
        choices = [*pages, *(("/histogram", {"q": question.q}) for question in QUESTIONS)]
        while not stop.wait(rng.uniform(0.0, 2 * _PAUSE_S)):
            path, parameters = rng.choice(choices)
            response = self.client.get(f"/api/v1/logs{path}", params={"project_id": self.project, **parameters})
            if response.status_code in _BUSY:
                self.refused += 1
            else:
                response.raise_for_status()
                self.taken.append(response.elapsed.total_seconds() * 1000)


def add_mixed_row(testbed: Testbed, intake: Intake, full_rate: float, seconds: float, report: Report) -> None:
    """Add the row: the people's waiting times, and the share of the offered logs that was accepted in time.

    `full_rate` is the highest rate that this machine stores, in logs per second.
    """
    offered = full_rate * _HALF
    requests = max(1, round(offered * seconds / _LOGS_PER_REQUEST))
    plan = intake.plan(
        "short",
        requests,
        _LOGS_PER_REQUEST,
        connections=CONNECTIONS,
        seed=97,
        window=(0.1, 0.0),
        rate=offered / _LOGS_PER_REQUEST,
    )
    people = [
        _Person(
            httpx.Client(
                base_url=testbed.platform["query"].url,
                headers={"Authorization": f"Bearer {testbed.platform.new_key('read')}"},
                timeout=60.0,
                trust_env=False,
            ),
            testbed.platform.project,
            number,
        )
        for number in range(PEOPLE)
    ]
    stop, load = threading.Event(), LoadClient(plan)
    threads = [threading.Thread(target=person.search_until, args=(stop,)) for person in people]
    try:
        load.wait_prepared()
        for thread in threads:
            thread.start()
        load.go()
        result = load.result()
    finally:
        stop.set()
        load.stop()
    for thread in threads:
        thread.join()
    kept = requests * _LOGS_PER_REQUEST / (result.end - result.begin) / offered
    intake.add_sent(requests * _LOGS_PER_REQUEST)
    _add(report, people, offered, kept)


def _add(report: Report, people: list[_Person], offered: float, kept: float) -> None:
    taken = sorted(took for person in people for took in person.taken)
    refused = sum(person.refused for person in people)
    if not taken:
        raise RuntimeError("no search ended while logs arrived")
    p50, p95 = statistics.median(taken), percentile(taken, 0.95)
    report.figures["mixed_load"] = {
        "offered_logs_per_s": round(offered),
        "kept": round(kept, 3),
        "searches": len(taken),
        "refused": refused,
        "search_p50_ms": round(p50, 1),
        "search_p95_ms": round(p95, 1),
    }
    report.add(
        f"{PEOPLE} people search during intake",
        f"p50 {p50:.0f} ms, p95 {p95:.0f} ms ({len(taken)} searches, {refused} refused); "
        f"{kept:.0%} of {offered:,.0f} logs/s accepted",
    )
