"""The benchmark of causes reads a data set in the layout of Nezha and reports what an analysis finds in it."""

import csv
import json
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from benchmarks.analysing import causes
from benchmarks.analysing.nezha import DAYS

_COLUMNS = ("Timestamp", "TimeUnixNano", "Node", "PodName", "Container", "TraceID", "SpanID", "Log")
_CUT = ("2023-01-29T08:00:00.5Z", "0", "n", "ts-order-5b67c48447-mv5hb", "server", "", "", '{"log":"cut')


def _minute(path: Path, start: datetime, *, faulty: bool) -> None:
    """Write a minute of requests; in a faulty one, the order service fails after its first line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = random.Random(path.name)
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(_COLUMNS)
        rows.writerow(_CUT)
        for second in range(58):
            trace, severity = f"{rng.getrandbits(64):016x}", "ERROR" if faulty else "INFO"
            outcome = "OrderService#48 order refused" if faulty else "OrderService#52 order stored"
            for offset, pod, text in (
                (0, "ts-gateway-6f6cfc45b-h5m2n", "INFO Gateway#10 request"),
                (4, "ts-order-5b67c48447-mv5hb", "INFO OrderService#40 reading order"),
                (9, "ts-order-5b67c48447-mv5hb", f"{severity} {outcome}"),
                (12, "ts-gateway-6f6cfc45b-h5m2n", "INFO Gateway#20 answered"),
            ):
                at = start + timedelta(seconds=second, milliseconds=offset)
                log = json.dumps({"log": f"{text} TraceID: {trace} SpanID: {pod[:8]}\n"})
                rows.writerow((f"{at:%Y-%m-%dT%H:%M:%S.%f}000Z", 0, "n", pod, "server", trace, pod[:8], log))


def test_the_faulty_service_of_a_data_set_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for day in DAYS:
        start = datetime.fromisoformat(f"{day}T08:00:00").replace(tzinfo=UTC)
        _minute(tmp_path / "construct_data" / day / "log" / "07_30_log.csv", start, faulty=False)
        for minute in range(3):
            at = start + timedelta(minutes=minute)
            _minute(tmp_path / "rca_data" / day / "log" / f"{at:%H_%M}_log.csv", at, faulty=True)
        fault = {"inject_time": f"{day} 08:00:30", "inject_pod": "ts-order-5b67c48447-mv5hb", "inject_type": "return"}
        (tmp_path / "rca_data" / day / f"{day}-fault_list.json").write_text(json.dumps({"08": [fault]}))
    monkeypatch.setattr(sys, "argv", ["causes", str(tmp_path), "--json"])
    assert causes.main() == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert figures["failed"] == {}
    for name in ("N", "P", "N without trace ids"):
        assert figures[name] == {"all": [100, 100, 100], "return": [100, 100, 100]}
    assert figures["pairs without a fault"] == {"insufficient": 20}


def test_without_the_data_set_nothing_is_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["causes"])
    assert causes.main() == 0
    assert "skipped" in capsys.readouterr().out
