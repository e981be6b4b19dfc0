"""Grafana's data source and logcli read logs through Loki's API. Each request is one that they send."""

import base64
import json
import socket
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from logloop.plain_http import WITHOUT_TLS
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.infra import Infra, fresh_database
from tests.system.platform import Platform, wait_for

START = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=30)
MINUTES = 20
LEVELS = ("info", "info", "warn", "error")


def nanoseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000


BEGIN, END = nanoseconds(START), nanoseconds(START + timedelta(minutes=MINUTES))


def _entry(number: int) -> dict[str, Any]:
    return {
        "project_id": "shop",
        "service_id": "cart" if number % 3 else "web",
        "severity": LEVELS[number % len(LEVELS)],
        "message": f"request {number} took {number % 7} ms" + (" and failed" if number % 5 == 0 else ""),
        "timestamp": (START + timedelta(seconds=number * 3, microseconds=number)).isoformat(),
        "source": "stdout",
        "attributes": {"http": {"status": 200 + number % 4 * 100}, "app": "shop", "trace_id": f"t{number}"},
    }


ENTRIES = [_entry(number) for number in range(MINUTES * 20)]


@pytest.fixture(scope="module")
def platform(infra: Infra, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder: Path = tmp_path_factory.mktemp("loki")
    with Platform(infra.fresh_vhost(), infra.mongo_url, fresh_database(), folder) as started:
        started.make_project("other")
        assert started.send(ENTRIES).status_code == 202
        with started.query() as client:
            params = {"project_id": "shop"}
            wait_for(
                lambda: client.get("/api/v1/logs/histogram", params=params).json()["total"] == len(ENTRIES),
                what="the logs being stored",
            )
        yield started


@pytest.fixture(scope="module")
def key(platform: Platform) -> str:
    return platform.new_key("read")


@pytest.fixture
def grafana(platform: Platform, key: str) -> Iterator[httpx.Client]:
    """Grafana with Basic authentication, whose password is the key."""
    with httpx.Client(
        base_url=f"{platform['query'].url}/loki/api/v1",
        auth=("grafana", key),
        timeout=30,
        trust_env=False,
        verify=WITHOUT_TLS,
    ) as client:
        yield client


def data(response: httpx.Response) -> Any:
    assert response.status_code == 200, response.text
    body = response.json()
    assert body["status"] == "success"
    assert "warnings" not in body
    return body["data"]


def lines(found: Any) -> list[tuple[int, str]]:
    """The lines of streams by time."""
    assert found["resultType"] == "streams"
    return sorted((int(value[0]), value[1]) for stream in found["result"] for value in stream["values"])


def test_the_health_check_of_the_data_source_succeeds(grafana: httpx.Client) -> None:
    params = {"query": "vector(1)+vector(1)", "direction": "backward", "time": "4000000000"}

    found = data(grafana.get("/query", params=params))

    assert (found["resultType"], found["result"]) == ("vector", [{"metric": {}, "value": [4_000_000_000, "2"]}])
    assert found["stats"]["summary"]["totalLinesProcessed"] == 0


def test_the_label_browser_lists_labels_and_values(grafana: httpx.Client) -> None:
    span = {"start": BEGIN, "end": END}

    labels = data(grafana.get("/labels", params=span))
    services = data(grafana.get("/label/service_name/values", params=span))
    of_cart = data(grafana.get("/label/http_status/values", params={**span, "query": '{service_name="web"}'}))
    levels = data(grafana.get("/label/detected_level/values", params=span))
    streams = data(grafana.get("/series", params={**span, "match[]": '{service_name="cart", level=~"warn|error"}'}))
    detected = grafana.get("/detected_labels", params=span).json()["detectedLabels"]
    fields = grafana.get("/detected_fields", params={**span, "query": "{}", "limit": 1000}).json()
    values = grafana.get("/detected_field/app/values", params={**span, "query": "{}"}).json()
    earlier = data(grafana.get("/labels", params={"start": BEGIN - 10**12, "end": BEGIN}))

    assert {"service_name", "level", "source", "app", "http_status", "trace_id"} <= set(labels)
    assert (services, levels) == (["cart", "web"], ["error", "info", "warn"])
    assert of_cart == ["200", "300", "400", "500"]
    assert streams == [{"level": level, "service_name": "cart", "source": "stdout"} for level in ("error", "warn")]
    assert {item["label"]: item["cardinality"] for item in detected} == {"level": 3, "service_name": 2, "source": 1}
    assert [(item["label"], item["type"], item["cardinality"]) for item in fields["fields"]] == [
        ("app", "string", 1),
        ("http_status", "int", 4),
        ("trace_id", "string", len(ENTRIES)),
    ]
    assert (values["values"], earlier) == (["shop"], [])


def test_a_query_in_explore_returns_lines_with_structured_metadata(grafana: httpx.Client) -> None:
    params = {
        "query": '{service_name="cart"} |= `failed` | json | http_status >= 400',
        "direction": "backward",
        "limit": "1000",
        "start": str(BEGIN),
        "end": str(END),
        "step": "14400ms",
    }
    flags = {"X-Loki-Response-Encoding-Flags": "categorize-labels"}

    found = data(grafana.get("/query_range", params=params, headers=flags))

    expected = [e for n, e in enumerate(ENTRIES) if n % 3 and n % 5 == 0 and e["attributes"]["http"]["status"] >= 400]
    assert lines(found) == [(nanoseconds(datetime.fromisoformat(e["timestamp"])), e["message"]) for e in expected]
    assert found["encodingFlags"] == ["categorize-labels"]
    stream = found["result"][0]
    assert set(stream["stream"]) == {"level", "service_name", "source"}
    newest = stream["values"][0]
    assert newest[0] > stream["values"][-1][0]
    metadata = newest[2]["structuredMetadata"]
    assert {name: metadata[name] for name in ("app", "http_status")} == {"app": "shop", "http_status": "400"} or (
        metadata["http_status"] == "500"
    )
    by_id = data(grafana.get("/query_range", params={**params, "query": f'{{log_id="{metadata["log_id"]}"}}'}))
    assert lines(by_id) == [(int(newest[0]), newest[1])]


def _counts(found: Any, label: str) -> dict[tuple[float, str], int]:
    assert found["resultType"] == "matrix"
    return {
        (moment, series["metric"][label]): int(value)
        for series in found["result"]
        for moment, value in series["values"]
    }


@pytest.mark.parametrize("selector", ["{}", '{service_name="cart"}', '{service_name=~"c.*"} |= "failed"'])
def test_the_log_volume_equals_our_own_histogram(platform: Platform, grafana: httpx.Client, selector: str) -> None:
    params: dict[str, Any] = {
        "query": f"sum by (level, detected_level) (count_over_time({selector} | drop __error__[1m]))",
        "start": BEGIN,
        "end": END,
        "step": "60s",
    }
    q = {"{}": "", '{service_name="cart"}': "service:cart"}.get(selector, "service:cart failed")
    ours: dict[str, Any] = {"project_id": "shop", "q": q, "since": START.isoformat(), "interval": 60}

    volume = data(grafana.get("/query_range", params=params, headers={"X-Query-Tags": "Source=logvolhist"}))
    with platform.query() as client:
        histogram = client.get("/api/v1/logs/histogram", params=ours).json()

    expected = {
        (datetime.fromisoformat(item["start"]).timestamp() + 60, level): count
        for item in histogram["items"]
        for level, count in item["groups"].items()
    }
    assert _counts(volume, "level") == _counts(volume, "detected_level") == expected
    assert sum(expected.values()) == histogram["total"] > 0


def test_volumes_bytes_rates_and_the_largest_series(grafana: httpx.Client) -> None:
    span: dict[str, Any] = {"start": BEGIN, "end": END}
    size = Counter[str]()
    for entry in ENTRIES:
        size[entry["service_id"]] += len(entry["message"])

    volume = data(grafana.get("/index/volume", params={**span, "query": "{}", "targetLabels": "service_name"}))
    over_time = data(grafana.get("/index/volume_range", params={**span, "query": "{}", "step": "600s"}))
    top = data(grafana.get("/query", params={"query": _RATE, "time": END}))
    per_minute = data(grafana.get("/query", params={"query": _PER_MINUTE, "time": END + 600 * 10**9}))
    stats = grafana.get("/index/stats", params={**span, "query": '{level="error"}'}).json()

    assert {item["metric"]["service_name"]: int(item["value"][1]) for item in volume["result"]} == size
    summed = Counter[str]()
    for (_, service), value in _counts(over_time, "service_name").items():
        summed[service] += value
    assert summed == size
    errors = [e for e in ENTRIES if e["severity"] == "error" and e["service_id"] == "cart"]
    [largest] = top["result"]
    assert largest["metric"] == {"service_name": "cart"}
    assert float(largest["value"][1]) == pytest.approx(len(errors) / 1_200)
    assert float(per_minute["result"][0]["value"][1]) == pytest.approx(len(errors) / 20)
    assert (stats["entries"], stats["streams"]) == (sum(e["severity"] == "error" for e in ENTRIES), 2)
    assert stats["bytes"] > 0


_PER_MINUTE = 'sum(rate({level="error", service_name="cart"}[20m] offset 10m)) * 60 > 0 or vector(0)'
_RATE = 'topk(1, sum by (service_name) (rate({level="error"}[20m])))'


def test_lines_around_a_line_are_read_in_both_directions(grafana: httpx.Client) -> None:
    at = nanoseconds(datetime.fromisoformat(ENTRIES[100]["timestamp"]))
    params: dict[str, Any] = {"query": '{service_name="cart", source="stdout"}', "limit": 10}
    hour = 2 * 3_600 * 10**9

    before = data(grafana.get("/query_range", params={**params, "start": at - hour, "end": at}))
    after = data(
        grafana.get("/query_range", params={**params, "direction": "FORWARD", "start": at, "end": at + hour})
    )

    cart = [e["message"] for n, e in enumerate(ENTRIES) if n % 3]
    place = cart.index(ENTRIES[100]["message"])
    assert [text for _, text in lines(before)] == cart[place - 10 : place]
    assert [text for _, text in lines(after)] == cart[place : place + 10]


def test_logcli_queries_with_a_bearer_token_and_a_tenant(platform: Platform) -> None:
    headers = {"Authorization": f"Bearer {platform.admin_key}", "X-Scope-OrgID": "shop"}
    span: dict[str, Any] = {"start": BEGIN, "end": END, "direction": "BACKWARD"}
    params: dict[str, Any] = {"query": '{app="shop"} != "failed"', "limit": "30", **span}
    with httpx.Client(base_url=platform["query"].url, headers=headers, trust_env=False, verify=WITHOUT_TLS) as logcli:
        found = data(logcli.get("/loki/api/v1/query_range", params=params))
        form = data(logcli.post("/loki/api/v1/query_range", data={k: str(v) for k, v in params.items()}))
        labels = logcli.get("/loki/api/v1/labels", params={"start": BEGIN, "end": END})
        nameless = httpx.get(
            f"{platform['query'].url}/loki/api/v1/labels",
            headers={"Authorization": headers["Authorization"]},
            trust_env=False,
            verify=WITHOUT_TLS,
        )

    kept = [e["message"] for e in ENTRIES if "failed" not in e["message"]]
    assert [text for _, text in lines(found)] == kept[-30:]
    assert lines(form) == lines(found)
    assert {"app", "http_status", "level", "service_name"} <= found["result"][0]["stream"].keys()
    assert labels.status_code == 200
    assert (nameless.status_code, nameless.text) == (
        400,
        "name the project in the header X-Scope-OrgID, or use an API key of one project",
    )


def test_patterns_version_and_readiness(platform: Platform, grafana: httpx.Client) -> None:
    found = data(grafana.get("/patterns", params={"query": '{service_name="cart"}', "start": BEGIN, "end": END}))
    version = grafana.get("/status/buildinfo").json()["version"]
    formatted = data(grafana.get("/format_query", params={"query": '{ a = "b"}|="c"'}))
    ready = httpx.get(f"{platform['query'].url}/ready", trust_env=False, verify=WITHOUT_TLS)

    counts = {item["pattern"]: sum(count for _, count in item["samples"]) for item in found}
    failed = sum(n % 5 == 0 and n % 3 > 0 for n in range(len(ENTRIES)))
    assert counts["request <_> took <_> ms and failed"] == failed
    assert sum(counts.values()) == sum(n % 3 > 0 for n in range(len(ENTRIES)))
    assert version.startswith("3.")
    assert formatted == '{a="b"} |= "c"'
    assert (ready.status_code, ready.text) == (200, "ready\n")


@pytest.mark.parametrize(
    ("path", "params", "status", "said"),
    [
        ("/query_range", {"query": '{a="b"} | line_format `x`'}, 400, "parse error: 'line_format' at character 11"),
        ("/query_range", {"query": '{a=~"("}'}, 400, "parse error: invalid regular expression"),
        ("/query_range", {"query": "{}", "limit": "5001"}, 400, "max entries limit per query exceeded"),
        ("/query_range", {"query": "{}", "limit": "x"}, 400, "limit must be a whole number"),
        ("/query_range", {"query": "{}", "start": "soon"}, 400, "invalid time 'soon'"),
        ("/query_range", {"query": "{}", "start": "20", "end": "10"}, 400, "the end of the time range is before"),
        ("/query_range", {"query": "{}", "direction": "up"}, 400, "invalid direction 'up'"),
        ("/query_range", {"query": "rate({}[1m])", "step": "1s", "since": "1d"}, 400, "more than 11,000 steps"),
        ("/query_range", {"query": "rate({}[1m])", "step": "0"}, 400, "step: invalid number of seconds"),
        ("/query", {"query": "{}"}, 400, "log queries are not supported as an instant query type"),
        ("/label/a-b/values", {}, 400, "invalid request: name: String should match pattern"),
    ],
)
def test_an_invalid_request_gets_a_sentence(
    grafana: httpx.Client, path: str, params: dict[str, str], status: int, said: str
) -> None:
    response = grafana.get(path, params=params)

    assert response.status_code == status
    assert said in response.text
    assert response.headers["content-type"].startswith("text/plain")


def test_other_keys_and_projects_see_nothing(platform: Platform) -> None:
    fields = {"name": "stranger", "project_id": "other", "scopes": ["read"]}
    with platform.query() as client:
        stranger = client.post("/api/v1/api-keys", json=fields).json()["key"]
    url = f"{platform['query'].url}/loki/api/v1/query_range"
    params: dict[str, Any] = {"query": "{}", "start": BEGIN, "end": END}

    def get(credential: dict[str, str]) -> httpx.Response:
        return httpx.get(url, params=params, headers=credential, trust_env=False, verify=WITHOUT_TLS)

    own = get({"Authorization": f"Bearer {stranger}"})
    asked = get({"Authorization": f"Bearer {stranger}", "X-Scope-OrgID": "shop"})
    ingest_only = get({"Authorization": f"Bearer {platform.new_key('ingest')}"})
    refused = [
        get({}),
        get({"Authorization": "Bearer llk_x_y"}),
        get({"Authorization": "Basic !!"}),
        get({"Authorization": "Basic " + base64.b64encode(b"user:wrong").decode()}),
        get({"Cookie": "logloop_session=stolen"}),
    ]

    assert lines(data(own)) == []
    assert (asked.status_code, ingest_only.status_code) == (404, 403)
    assert [response.status_code for response in refused] == [401] * len(refused)


def _tail(platform: Platform, key: str, query: str, **params: Any) -> ClientConnection:
    url = platform["query"].url.replace("http:", "ws:") + "/loki/api/v1/tail"
    asked = httpx.QueryParams({"query": query, **params})
    return connect(f"{url}?{asked}", additional_headers={"Authorization": f"Bearer {key}"}, proxy=None)


def test_a_live_tail_sends_the_latest_lines_and_then_each_new_one(platform: Platform, key: str) -> None:
    with _tail(platform, key, '{service_name="live"} |= "shown"', limit=5, start=BEGIN) as tail:
        first = json.loads(tail.recv(timeout=20))
        for number in range(3):
            entry = {"project_id": "shop", "service_id": "live", "severity": "info", "attributes": {"n": number}}
            now = datetime.now(UTC).isoformat()
            messages = [{**entry, "message": f"{word} {number}", "timestamp": now} for word in ("shown", "hidden")]
            assert platform.send(messages).status_code == 202
        received: list[Any] = []
        while len(received) < 3:
            for stream in json.loads(tail.recv(timeout=20))["streams"]:
                received += [(stream["stream"]["n"], value) for value in stream["values"]]

    assert first == {"streams": []}
    assert [(n, value[1]) for n, value in received] == [(str(n), f"shown {n}") for n in range(3)]
    assert all(abs(int(value[0]) / 1e9 - datetime.now(UTC).timestamp()) < 60 for _, value in received)
    with _tail(platform, key, '{service_name="web"}', limit=2, start=BEGIN) as tail:
        history = json.loads(tail.recv(timeout=20))["streams"]
    web = [e["message"] for n, e in enumerate(ENTRIES) if n % 3 == 0]
    assert [value[1] for stream in history for value in stream["values"]] == web[-2:]


def test_a_tail_without_a_key_or_with_a_bad_query_is_refused_before_it_opens(platform: Platform, key: str) -> None:
    for credential, query, status, said in (
        ("llk_x_y", "{}", 401, "unknown API key"),
        (key, "rate({}[1m])", 400, "this needs a query that selects logs"),
        (key, '{a=~"("}', 400, "invalid regular expression"),
    ):
        with pytest.raises(InvalidStatus) as refused, _tail(platform, credential, query):
            pass
        response = refused.value.response
        assert response.status_code == status
        assert said in bytes(response.body or b"").decode()


def test_other_websockets_and_large_messages_are_refused(platform: Platform, key: str) -> None:
    url = platform["query"].url.replace("http:", "ws:")
    with pytest.raises(InvalidStatus), connect(f"{url}/api/v1/logs", proxy=None):
        pass
    with _tail(platform, key, '{service_name="live"}') as tail:
        tail.recv(timeout=20)
        tail.send("x" * 100_000)
        with pytest.raises(ConnectionClosed, match="1009"):
            [tail.recv(timeout=20) for _ in range(10)]


def test_a_tail_ends_when_its_client_leaves(platform: Platform, key: str) -> None:
    with platform.query() as client:

        def open_tails() -> float:
            text = client.get("/metrics").text.splitlines()
            return sum(float(line.split()[1]) for line in text if line.startswith("logloop_query_tail_clients "))

        wait_for(lambda: open_tails() == 0, what="earlier tails being closed")
        with _tail(platform, key, "{}") as rude, _tail(platform, key, "{}") as polite:
            rude.recv(timeout=20)
            polite.recv(timeout=20)
            assert open_tails() == 2
            rude.socket.shutdown(socket.SHUT_RDWR)  # it leaves without a word
            wait_for(lambda: open_tails() == 1, timeout_s=10, what="the tail of the client that is gone being closed")
        wait_for(lambda: open_tails() == 0, what="the other tail being closed")
