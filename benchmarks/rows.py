"""Runs the measurements in order and adds their rows and targets to the report."""

import statistics
from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks.analysing.analysis import add_analysis_rows
from benchmarks.command import Progress
from benchmarks.idle import add_idle_row
from benchmarks.reading import add_reading_rows
from benchmarks.report import MB, Report
from benchmarks.searching.client import SearchClient
from benchmarks.searching.rows import add_search_rows
from benchmarks.sending.baseline import CONNECTIONS, Baseline, baseline, direct_round, measure_stored
from benchmarks.sending.baseline import Round as BaselineRound
from benchmarks.sending.freshness import POLL_S, FreshnessPlan, FreshnessResult, measure_freshness, read_result
from benchmarks.sending.intake import Intake, Round, SingleLogRound, disk, median_of, wait_compacted
from benchmarks.sending.load import LoadClient
from benchmarks.sending.protocols import add_protocol_rows
from benchmarks.sizes import Sizes
from benchmarks.testbed import CACHE_GB, Testbed, is_in_memory, open_testbed

PARTS = ("reading", "analysis", "idle", "protocols", "long", "short", "search")
LOGS_PER_REQUEST = 1000
_FRESHNESS_LOGS_PER_REQUEST = 100
_FRESHNESS_RATE = 20_000


def measure(sizes: Sizes, report: Report, progress: Progress, parts: Collection[str] = PARTS) -> None:
    """Measure the requested parts. Rows and figures go to the report, including the errors of failed parts."""
    if "reading" in parts:
        progress("reading lines")
        with report.part("reading lines"):
            add_reading_rows(report, sizes.lines_read)
    if "analysis" in parts:
        progress("generated incidents")
        with report.part("analysis"):
            add_analysis_rows(report, sizes.incidents)
    if "idle" in parts:
        progress("idle platform")
        with report.part("idle platform"):
            add_idle_row(report)
    if "protocols" in parts:
        progress("intake in other protocols")
        with report.part("protocols"), open_testbed() as protocol_testbed:
            add_protocol_rows(protocol_testbed, report, requests=sizes.protocol_requests, rounds=sizes.rounds)
    if "long" in parts:
        with report.part("long lines"), open_testbed() as long_testbed:
            progress("long lines: bulk intake, with documents for comparison")
            _long(long_testbed, sizes, report, progress)
    if "short" in parts or "search" in parts:
        with report.part("short lines"), open_testbed() as short_testbed:
            report.figures["disk"] = short_testbed.disk
            report.add("data on", short_testbed.disk, met=False if is_in_memory(short_testbed.disk) else None)
            report.add("mongod cache", f"{CACHE_GB:g} GB")
            intake = Intake(short_testbed, short_testbed.platform.new_key("ingest"))
            if "short" in parts:
                _short(short_testbed, intake, sizes, report, progress)
            if "search" in parts:
                add_search_rows(short_testbed, intake, sizes, report, progress)


@dataclass(frozen=True)
class _Comparison:
    ours: list[Round]
    usual: list[BaselineRound]
    lean: list[BaselineRound]

    @property
    def logs_per_s(self) -> float:
        return statistics.median(item.logs_per_s for item in self.ours)

    def ratio(self, others: list[BaselineRound]) -> float:
        return self.logs_per_s / statistics.median(item.logs_per_s for item in others)

    def cpu(self) -> dict[str, float]:
        return {name: round(median_of(self.ours, name), 2) for name in self.ours[0].cpu_us}

    def document_cpu(self) -> dict[str, float]:
        names = self.usual[0].cpu_us
        return {name: round(statistics.median(item.cpu_us[name] for item in self.usual), 2) for name in names}

    def peak(self, name: str) -> int:
        return max(item.rss_peak[name] for item in self.ours)


def _compare(
    testbed: Testbed,
    intake: Intake,
    profile: str,
    requests: int,
    document_requests: int,
    sizes: Sizes,
    progress: Progress,
) -> _Comparison:
    """Run rounds of the usual baseline, the lean one and ours in turn, after a short warm-up round of each."""
    comparison = _Comparison([], [], [])
    with ExitStack() as running:
        usual = running.enter_context(baseline(testbed, profile))
        lean = running.enter_context(baseline(testbed, profile, lean=True))
        for number in range(-1, sizes.rounds):
            warm_up = number < 0
            window = (24 - 4 * (number + 1), 24 - 4 * (number + 2)) if not warm_up else (25.0, 24.0)
            count = max(5, document_requests // 10) if warm_up else document_requests
            found = [_baseline_round(pipeline, count, number + 1, window) for pipeline in (usual, lean)]
            plan = intake.plan(
                profile,
                max(5, requests // 10) if warm_up else requests,
                LOGS_PER_REQUEST,
                connections=CONNECTIONS,
                seed=number + 2,
                window=window,
                bodies=200,
            )
            own = intake.bulk_round(plan)
            if warm_up:
                continue
            progress(
                f"{profile} round {number + 1}: {own.logs_per_s:,.0f} logs/s; "
                f"documents {found[0].logs_per_s:,.0f}, lean {found[1].logs_per_s:,.0f}"
            )
            comparison.usual.append(found[0])
            comparison.lean.append(found[1])
            comparison.ours.append(own)
    return comparison


def _baseline_round(pipeline: Baseline, requests: int, seed: int, window: tuple[float, float]) -> BaselineRound:
    return pipeline.bulk_round(
        requests, LOGS_PER_REQUEST, seed=seed, begin_hours_ago=window[0], end_hours_ago=window[1]
    )


def _cpu_text(cpu: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.1f}" for name, value in cpu.items())


def _long(testbed: Testbed, sizes: Sizes, report: Report, progress: Progress) -> None:
    intake = Intake(testbed, testbed.platform.new_key("ingest"))
    comparison = _compare(testbed, intake, "long", sizes.long_requests, sizes.long_document_requests, sizes, progress)
    documents = measure_stored(testbed, "long")
    wait_compacted(testbed, sizes.compaction_s)
    stored = disk(testbed)
    rare = SearchClient(testbed).median("", q="*nosuchtext*", limit=1) / stored.logs * 1e6
    report.figures["long_lines"] = {
        "bulk_intake_logs_per_s": round(comparison.logs_per_s),
        "bulk_intake_ratio": round(comparison.ratio(comparison.usual), 2),
        "bulk_intake_ratio_lean": round(comparison.ratio(comparison.lean), 2),
        "cpu_us_per_log_by_process": comparison.cpu(),
        "bytes_per_log": round(stored.bytes_per_log, 1),
        "document_bytes_per_log": round(documents.bytes_per_log, 1),
        "rare_substring_us_per_log": round(rare / 1000, 3),
        "document_rare_substring_us_per_log": round(documents.substring_ms_per_m / 1000, 3),
    }
    report.add(
        "long lines (776 B): bulk intake",
        f"{comparison.logs_per_s:,.0f} logs/s, {comparison.ratio(comparison.usual):.1f}x documents",
    )
    report.add("long lines: CPU µs/log", _cpu_text(comparison.cpu()))
    report.add(
        "long lines: disk",
        f"{stored.bytes_per_log:.1f} B/log (documents {documents.bytes_per_log:.0f})",
        "≤ 60 B",
        met=stored.bytes_per_log <= 60,
    )
    report.add(
        "long lines: rare substring, warm",
        f"{rare / 1000:.2f} µs/log (documents {documents.substring_ms_per_m / 1000:.2f})",
    )


def _short(testbed: Testbed, intake: Intake, sizes: Sizes, report: Report, progress: Progress) -> None:
    with report.part("bulk intake"):
        comparison = _compare(testbed, intake, "short", sizes.bulk_requests, sizes.document_requests, sizes, progress)
        _bulk_rows(comparison, report)
    with report.part("documents"):
        _document_rows(testbed, sizes, report)
    progress("single-log requests")
    with report.part("single-log requests"):
        rounds = [intake.single_log_round(sizes.single_requests, seed=50 + n) for n in range(sizes.rounds)]
        _single_rows(rounds, report)
    progress("freshness at 20,000 logs/s")
    with report.part("freshness"):
        _freshness_rows(_measure_freshness(testbed, intake, sizes), report)


def _bulk_rows(comparison: _Comparison, report: Report) -> None:
    rate, ratio, lean = comparison.logs_per_s, comparison.ratio(comparison.usual), comparison.ratio(comparison.lean)
    cpu = comparison.cpu()
    own, whole = cpu["ingest"] + cpu["query"], sum(cpu.values())
    documents = statistics.median(item.logs_per_s for item in comparison.usual)
    lean_documents = statistics.median(item.logs_per_s for item in comparison.lean)
    ingest, query = comparison.peak("ingest"), comparison.peak("query")
    report.figures |= {
        "bulk_intake_logs_per_s": round(rate),
        "bulk_intake_ratio": round(ratio, 2),
        "bulk_intake_ratio_lean": round(lean, 2),
        "document_logs_per_s": round(documents),
        "document_lean_logs_per_s": round(lean_documents),
        "cpu_us_per_log": round(own, 2),
        "platform_cpu_us_per_log": round(whole, 2),
        "cpu_us_per_log_by_process": cpu,
        "document_cpu_us_per_log_by_process": comparison.document_cpu(),
        "client_cpu_us_per_log": round(statistics.median(item.client_cpu_us for item in comparison.ours), 2),
        "rss_mb_bulk": {name: round(comparison.peak(name) / MB) for name in comparison.ours[0].rss_peak},
    }
    report.add("bulk intake to disk (284 B)", f"{rate:,.0f} logs/s", "≥ 300,000", met=rate >= 300_000)
    report.add(
        "  against one document per log", f"{ratio:.1f}x of {documents:,.0f} logs/s", "≥ 6.5x", met=ratio >= 6.5
    )
    report.add("  against the lean baseline", f"{lean:.1f}x of {lean_documents:,.0f} logs/s")
    report.add("CPU of ingest + query", f"{own:.1f} µs/log ({_cpu_text(cpu)})", "≤ 4 µs", met=own <= 4)
    report.add("  of the whole platform", f"{whole:.1f} µs/log", "≤ 5 µs", met=whole <= 5)
    report.add("  of the baseline", _cpu_text(comparison.document_cpu()))
    report.add("  of the load client", f"{report.figures['client_cpu_us_per_log']:.1f} µs/log")
    report.add("memory during bulk intake: ingest", f"{ingest / MB:.0f} MB", "≤ 300 MB", met=ingest <= 300 * MB)
    report.add("memory during bulk intake: query", f"{query / MB:.0f} MB", "≤ 600 MB", met=query <= 600 * MB)


def _document_rows(testbed: Testbed, sizes: Sizes, report: Report) -> None:
    direct = direct_round(testbed, "short", sizes.document_requests // 2 or 1, LOGS_PER_REQUEST)
    stored = measure_stored(testbed, "short")
    report.figures["documents"] = {
        "direct_insert_logs_per_s": round(direct.logs_per_s),
        "direct_insert_mongod_cpu_us": round(direct.mongod_cpu_us, 2),
        "bytes_per_log": round(stored.bytes_per_log, 1),
        "rare_substring_ms_per_million": round(stored.substring_ms_per_m),
        "histogram_ms_per_million": round(stored.histogram_ms_per_m),
    }
    report.add(
        "documents: insert_many alone", f"{direct.logs_per_s:,.0f} logs/s, mongod {direct.mongod_cpu_us:.1f} µs/log"
    )
    report.add("documents: disk", f"{stored.bytes_per_log:.0f} B/log")
    report.add(
        "documents: per million logs",
        f"rare substring {stored.substring_ms_per_m:,.0f} ms, histogram {stored.histogram_ms_per_m:,.0f} ms",
    )


def _single_rows(rounds: list[SingleLogRound], report: Report) -> None:
    rate = statistics.median(item.requests_per_s for item in rounds)
    p50 = statistics.median(item.load.p50_ms for item in rounds)
    p99 = statistics.median(item.load.p99_ms for item in rounds)
    cpu = statistics.median(item.ingest_cpu_us for item in rounds)
    report.figures |= {
        "single_requests_per_s": round(rate),
        "single_p50_ms": round(p50, 1),
        "single_p99_ms": round(p99, 1),
        "single_ingest_cpu_us": round(cpu, 1),
    }
    report.add("single-log requests", f"{rate:,.0f}/s (ingest {cpu:.0f} µs each)", "≥ 5,000/s", met=rate >= 5000)
    report.add("  latency, 64 connections", f"p50 {p50:.1f} ms, p99 {p99:.1f} ms", "p99 < 50 ms", met=p99 < 50)


def _measure_freshness(testbed: Testbed, intake: Intake, sizes: Sizes) -> FreshnessResult:
    rate = _FRESHNESS_RATE / _FRESHNESS_LOGS_PER_REQUEST
    plan = FreshnessPlan(
        testbed.platform["ingest"].url,
        testbed.platform["query"].url,
        testbed.platform.new_key("ingest", "read"),
        testbed.platform.project,
        markers=sizes.freshness_markers,
    )
    seconds = 4 + plan.markers * plan.every_s
    load = intake.plan(
        "short",
        int(rate * seconds),
        _FRESHNESS_LOGS_PER_REQUEST,
        connections=16,
        seed=90,
        window=(0.0, 0.0),
        bodies=500,
        rate=rate,
    )
    client = LoadClient(load)
    try:
        client.wait_prepared()
        client.go()
        found = read_result(measure_freshness(plan))
        client.result()
    finally:
        client.stop()
    intake.add_sent(load.requests * load.logs_per_request + plan.markers)
    return found


def _freshness_rows(found: FreshnessResult, report: Report) -> None:
    complete = found.searched == found.tailed == found.markers
    report.figures |= {
        "searchable_p50_ms": round(found.searchable_p50_ms, 1),
        "searchable_p99_ms": round(found.searchable_p99_ms, 1),
        "tail_p50_ms": round(found.tail_p50_ms, 1),
        "tail_p99_ms": round(found.tail_p99_ms, 1),
        "tail_seen": found.tailed,
        "markers": found.markers,
    }
    report.add(
        "accepted → searchable, 20,000/s",
        f"p50 {found.searchable_p50_ms:.0f} ms, p99 {found.searchable_p99_ms:.0f} ms, "
        f"polled every {found.poll_ms + POLL_S * 1000:.0f} ms",
        "p99 ≤ 1,000 ms",
        met=found.searchable_p99_ms <= 1000 and complete,
    )
    report.add(
        "accepted → live tail, 20,000/s",
        f"p50 {found.tail_p50_ms:.0f} ms, p99 {found.tail_p99_ms:.0f} ms, {found.tailed} of {found.markers} seen",
        "p99 ≤ 150 ms",
        met=found.tail_p99_ms <= 150 and complete,
    )
