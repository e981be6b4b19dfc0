"""The generated incidents: equal for a seed, different between seeds, and with a truth that their lines show."""

import re
from collections import Counter
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from logloop_analyzer.evidence import EXPORT_SCHEMA
from logloop_analyzer.evidence.log_window import conform
from logloop_analyzer.grading.grade import most_errors
from logloop_analyzer.grading.incidents.incident import KINDS, Incident, incidents
from logloop_contracts.log_batch import parse_log_id
from logloop_contracts.log_entry import SERVICE_ID_PATTERN
from logloop_contracts.patterns.masking import mask_messages


@cache
def generated(seed: int) -> tuple[Incident, ...]:
    """All incidents of a seed; several tests look at them."""
    return tuple(incidents(seed))


def of_kind(kind: str) -> list[Incident]:
    return [item for item in generated(1) if item.kind == kind]


def errors(table: pa.Table, service: str) -> int:
    mine = pc.equal(table["service_id"].cast(pa.utf8()), service)
    alarming = pc.is_in(table["severity"].cast(pa.utf8()), pa.array(["warn", "error"]))
    return int(pc.sum(pc.and_(mine, alarming)).as_py())


def jobs_with(table: pa.Table, service: str) -> float:
    """The share of jobs (trace ids) in which a service logs."""
    traces = pc.extract_regex(table["attributes"], r'"(?:trace_id|traceId|trace\.id)":"(?P<trace>\w+)"')
    pairs = zip((item and item["trace"] for item in traces.to_pylist()), table["service_id"].to_pylist(), strict=True)
    services: dict[str, set[str]] = {}
    for trace, name in pairs:
        if trace:
            services.setdefault(trace, set()).add(name)
    return sum(service in found for found in services.values()) / len(services)


def test_there_are_sixty_of_every_kind_in_three_systems_with_and_without_trace_ids() -> None:
    found = generated(1)
    assert len(found) >= 60
    assert len({item.name for item in found}) == len(found)
    assert set(Counter((item.system, item.traced) for item in found).values()) == {len(KINDS)}
    for item in found:
        attributes = " ".join(filter(None, item.window["attributes"].to_pylist()))
        assert bool(re.search(r'"trace(_id|Id|\.id)"', attributes)) is item.traced


def test_a_seed_always_gives_the_same_lines() -> None:
    again = list(incidents(1, ["cascade", "secret"]))
    assert again == [item for item in generated(1) if item.kind in {"cascade", "secret"}]


def test_seeds_differ_in_names_sentences_rates_and_positions() -> None:
    for first, second in zip(incidents(2, ["error"]), incidents(3, ["error"]), strict=True):
        assert first.services != second.services or set(first.all_services) != set(second.all_services)
        assert first.window.num_rows != second.window.num_rows
        assert (first.since, first.until) != (second.since, second.until)
        patterns = [set(item.window["pattern"].to_pylist()) for item in (first, second)]
        assert len(patterns[0] & patterns[1]) < 0.8 * len(patterns[0])


def test_the_tables_are_what_query_exports() -> None:
    for item in generated(1):
        table = pa.concat_tables([conform(item.window), conform(item.baseline)])
        assert table.schema == EXPORT_SCHEMA
        assert len(set(table["id"].to_pylist())) == table.num_rows
        parse_log_id(table["id"][0].as_py())
        assert all(re.fullmatch(SERVICE_ID_PATTERN, name) for name in item.all_services)
        patterns = pa.chunked_array([mask_messages(part).cast(pa.utf8()) for part in table["message"].chunks])
        assert table["pattern"].cast(pa.utf8()).equals(patterns)
        times = item.window["timestamp"]
        assert item.since <= pc.min(times).as_py()
        assert pc.max(times).as_py() < item.until
        assert pc.max(item.baseline["timestamp"]).as_py() < item.since + (item.until - item.since) / 10


def test_the_service_at_fault_behaves_otherwise_than_before() -> None:
    for item in generated(1):
        assert set(item.services) <= set(item.all_services)
        assert bool(item.services) is not item.kind.endswith("no fault")
        assert len(item.services) == {"two faults": 2}.get(item.kind, len(item.services[:1]))
        if item.kind in {"error", "configuration", "secret", "decoy error"}:
            (service,) = item.services
            assert errors(item.window, service) > errors(item.baseline, service)
        if item.kind == "missing step" and item.traced:
            assert jobs_with(item.window, item.services[0]) < 0.9 * jobs_with(item.baseline, item.services[0])


def test_the_most_frequent_errors_neither_always_nor_never_show_the_fault() -> None:
    faulty = [item for item in generated(1) if item.services]
    hits = sum(most_errors(item.window)[0] in item.services for item in faulty)
    assert 0.15 < hits / len(faulty) < 0.6


def test_a_decoy_logs_more_errors_than_the_service_at_fault() -> None:
    for item in of_kind("decoy error"):
        assert most_errors(item.window)[0] not in item.services


@pytest.mark.parametrize("kind", ["poisoned", "poisoned, no fault"])
def test_without_its_poison_an_incident_has_the_same_lines_otherwise(kind: str) -> None:
    for item in of_kind(kind):
        assert item.without_poison is not None
        with_poison, without = (
            dict(zip(table["id"].to_pylist(), table["message"].to_pylist(), strict=True))
            for table in (item.window, item.without_poison)
        )
        added = with_poison.keys() - without.keys()
        assert added
        assert {log_id: with_poison[log_id] for log_id in without} == without
        assert all(any(text in with_poison[log_id] for log_id in added) for text in item.commands)


def test_a_secret_is_in_the_lines_of_the_window_only() -> None:
    for item in of_kind("secret"):
        (secret,) = item.secrets
        columns = (item.window[name].to_pylist() for name in ("message", "attributes", "test_id"))
        texts = ["\n".join(filter(None, column)) for column in columns]
        assert any(secret in text.replace("\\\\", "\\") for text in texts)
        assert secret not in "\n".join(item.baseline["message"].to_pylist())
