"""Searches with text, attributes and regular expressions over all logs of a project, each until it is warm."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.processes import ProcessUsage
from benchmarks.searching.client import SearchClient
from benchmarks.testbed import Testbed

_SECONDS = 2.0
_FEWEST, _MOST = 5, 50
NEEDLE = "zebrafinch"
"""A word that one log has."""


@dataclass(frozen=True)
class Question:
    """A histogram of a search, or a page of the rare word. `target_ms` is for 10 M logs on an idle machine."""

    figure: str
    title: str
    q: str
    target_ms: float


RARE_WORD = Question("rare_word_10m", "rare word, one hit", NEEDLE, 15)
QUESTIONS = (
    Question("filtered_histogram_10m", "filtered histogram", "payment timeout severity:error", 150),
    Question("attribute_filter_10m", "histogram of an attribute", 'attributes.host:"node-07.shop.internal"', 120),
    Question("regex_10m", "histogram of a regular expression", "/order 4[0-9]{2}7 /", 500),
    RARE_WORD,
    Question("substring_digits_10m", "histogram of a substring in any case, digits", "*SER=451*", 450),
)
_BASE = 'attributes.host:"node-03.shop.internal"'
_MORE = ("timeout", "inventory", "placed", "cart", "cache")
REFINED = Question("refined_search_10m", "the same search with one more word", f"{_BASE} timeout", 120)


@dataclass(frozen=True)
class Answer:
    """Median milliseconds at the client, CPU milliseconds of query and mongod for one request, and logs found.

    `first_ms` is what the first request took, before query remembered anything of its filter.
    """

    ms: float
    cpu_ms: float
    total: int
    first_ms: float


def ask(testbed: Testbed, question: Question, project: str | None = None) -> Answer:
    """Ask until the answer is warm, then repeat it for some seconds."""
    client = SearchClient(testbed, project)
    if question is RARE_WORD:
        first, _ = client.find_rare(question.q)
        return _repeated(testbed, lambda: client.find_rare(question.q)[0], 1, first)
    first, response = client.get("/histogram", q=question.q)
    return _repeated(testbed, lambda: client.get("/histogram", q=question.q)[0], response["total"], first)


def ask_refined(testbed: Testbed, project: str | None = None) -> Answer:
    """Ask a search, then the same with one more word. Only the second counts, and each word is asked for once."""
    client = SearchClient(testbed, project)
    taken, cpu_s, total = [], 0.0, 0
    for word in _MORE:
        client.get("/histogram", q=_BASE)
        with ProcessUsage(testbed.pids) as usage:
            took, response = client.get("/histogram", q=f"{_BASE} {word}")
        taken.append(took)
        total += response["total"]
        cpu_s += usage.cpu_s["query"] + usage.cpu_s["mongod"]
    return Answer(statistics.median(taken), cpu_s * 1000 / len(_MORE), total, statistics.median(taken))


def _repeated(testbed: Testbed, request: Callable[[], float], total: int, first_ms: float) -> Answer:
    request()
    taken: list[float] = []
    begin = time.monotonic()
    with ProcessUsage(testbed.pids) as usage:
        while len(taken) < _FEWEST or (len(taken) < _MOST and time.monotonic() - begin < _SECONDS):
            taken.append(request())
    cpu_s = usage.cpu_s["query"] + usage.cpu_s["mongod"]
    return Answer(statistics.median(taken), cpu_s * 1000 / len(taken), total, first_ms)
