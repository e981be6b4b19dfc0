"""One function for each group of rows: what is run in which order, and what the bar is.

It must not know how a figure is taken.
"""

import statistics
from collections.abc import Callable, Collection
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks.baseline import CONNECTIONS, Baseline, baseline, direct_round, measure_stored
from benchmarks.baseline import Round as BaselineRound
from benchmarks.freshness import POLL_S, FreshnessPlan, FreshnessResult, measure_freshness, read_result
from benchmarks.idle import idle_rss
from benchmarks.intake import Disk, Intake, Round, Singles, disk, median_of, wait_compacted
from benchmarks.load import LoadClient
from benchmarks.report import MB, Report
from benchmarks.search import Asking, measure_searches
from benchmarks.stage import CACHE_GB, Stage, is_in_memory, stage

NEEDLE = "zebrafinch"
PARTS = ("idle", "long", "short")
LOGS_A_REQUEST = 1000
_FRESH_LOGS_A_REQUEST = 100
_FRESH_RATE = 20_000

Say = Callable[[str], None]


@dataclass(frozen=True)
class Sizes:
    """How much is sent. Requests have 1,000 logs where nothing else is said."""

    rounds: int = 3
    bulk_requests: int = 1500
    document_requests: int = 150
    long_requests: int = 200
    long_document_requests: int = 60
    single_requests: int = 30_000
    fresh_markers: int = 300
    all_requests: int = 10_000
    compaction_s: float = 60.0

    @classmethod
    def quick(cls) -> "Sizes":
        """About a hundredth; what is measured by the second lasts some seconds all the same."""
        return cls(2, 20, 5, 5, 5, 500, 30, 500, 15.0)


def measure(sizes: Sizes, report: Report, say: Say, parts: Collection[str] = PARTS) -> None:
    """The asked parts; rows and figures go to the report, also those of the parts that fail."""
    if "idle" in parts:
        say("idle platform")
        with report.part("idle platform"):
            _idle(report)
    if "long" in parts:
        with report.part("long lines"), stage() as long_stage:
            say("long lines: bulk intake, documents beside it")
            _long(long_stage, sizes, report, say)
    if "short" in parts:
        with report.part("short lines"), stage() as short_stage:
            report.figures["disk"] = short_stage.disk
            report.add("data on", short_stage.disk, met=False if is_in_memory(short_stage.disk) else None)
            report.add("mongod cache", f"{CACHE_GB:g} GB")
            _short(short_stage, sizes, report, say)


def _idle(report: Report) -> None:
    resident = idle_rss()
    total = sum(resident.values())
    report.figures |= {"idle_rss_mb": round(total / MB), "idle_rss_mb_by_process": _mb(resident)}
    detail = ", ".join(f"{name} {size / MB:.0f}" for name, size in resident.items())
    report.add("idle platform", f"{total / MB:.0f} MB ({detail})", "≤ 1 GiB", met=total <= 2**30)


def _mb(sizes: dict[str, int]) -> dict[str, int]:
    return {name: round(size / MB) for name, size in sizes.items()}


@dataclass(frozen=True)
class _Compared:
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
    on: Stage, intake: Intake, profile: str, requests: int, document_requests: int, sizes: Sizes, say: Say
) -> _Compared:
    """Rounds in turn: the usual baseline, the lean one, ours. A short round before them warms each up."""
    compared = _Compared([], [], [])
    with ExitStack() as running:
        usual = running.enter_context(baseline(on, profile))
        lean = running.enter_context(baseline(on, profile, lean=True))
        for number in range(-1, sizes.rounds):
            warm_up = number < 0
            window = (24 - 4 * (number + 1), 24 - 4 * (number + 2)) if not warm_up else (25.0, 24.0)
            count = max(5, document_requests // 10) if warm_up else document_requests
            found = [_documents(pipeline, count, number + 1, window) for pipeline in (usual, lean)]
            plan = intake.plan(
                profile,
                max(5, requests // 10) if warm_up else requests,
                LOGS_A_REQUEST,
                connections=CONNECTIONS,
                seed=number + 2,
                window=window,
                bodies=200,
            )
            own = intake.bulk_round(plan)
            if warm_up:
                continue
            say(
                f"{profile} round {number + 1}: {own.logs_per_s:,.0f} logs/s; "
                f"documents {found[0].logs_per_s:,.0f}, lean {found[1].logs_per_s:,.0f}"
            )
            compared.usual.append(found[0])
            compared.lean.append(found[1])
            compared.ours.append(own)
    return compared


def _documents(pipeline: Baseline, requests: int, seed: int, window: tuple[float, float]) -> BaselineRound:
    return pipeline.bulk_round(
        requests, LOGS_A_REQUEST, seed=seed, begin_hours_ago=window[0], end_hours_ago=window[1]
    )


def _cpu_text(cpu: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.1f}" for name, value in cpu.items())


def _long(on: Stage, sizes: Sizes, report: Report, say: Say) -> None:
    intake = Intake(on, on.platform.new_key("ingest"))
    compared = _compare(on, intake, "long", sizes.long_requests, sizes.long_document_requests, sizes, say)
    documents = measure_stored(on, "long")
    wait_compacted(on, sizes.compaction_s)
    stored = disk(on)
    rare = Asking(on).median("", q=NEEDLE, limit=1) / stored.logs * 1e6
    report.figures["long_lines"] = {
        "bulk_intake_logs_per_s": round(compared.logs_per_s),
        "bulk_intake_ratio": round(compared.ratio(compared.usual), 2),
        "bulk_intake_ratio_lean": round(compared.ratio(compared.lean), 2),
        "cpu_us_per_log_by_process": compared.cpu(),
        "bytes_per_log": round(stored.bytes_per_log, 1),
        "document_bytes_per_log": round(documents.bytes_per_log, 1),
        "rare_substring_us_per_log": round(rare / 1000, 3),
        "document_rare_substring_us_per_log": round(documents.substring_ms_per_m / 1000, 3),
    }
    report.add(
        "long lines (776 B): bulk intake",
        f"{compared.logs_per_s:,.0f} logs/s, {compared.ratio(compared.usual):.1f}x documents",
    )
    report.add("long lines: CPU µs/log", _cpu_text(compared.cpu()))
    report.add("long lines: disk", f"{stored.bytes_per_log:.1f} B/log (documents {documents.bytes_per_log:.0f})")
    report.add(
        "long lines: rare substring, warm",
        f"{rare / 1000:.2f} µs/log (documents {documents.substring_ms_per_m / 1000:.2f})",
    )


def _short(on: Stage, sizes: Sizes, report: Report, say: Say) -> None:
    intake = Intake(on, on.platform.new_key("ingest"))
    with report.part("bulk intake"):
        _bulk_rows(_compare(on, intake, "short", sizes.bulk_requests, sizes.document_requests, sizes, say), report)
    with report.part("documents"):
        _document_rows(on, sizes, report)
    say("single-log requests")
    with report.part("single-log requests"):
        _single_rows([intake.singles(sizes.single_requests, seed=50 + n) for n in range(sizes.rounds)], report)
    say("freshness at 20,000 logs/s")
    with report.part("freshness"):
        _freshness_rows(_freshness(on, intake, sizes), report)
    sent = intake.sent
    say(f"{sizes.all_requests * LOGS_A_REQUEST - sent:,} further logs, then compaction")
    with report.part("disk"):
        _fill(intake, sizes.all_requests - sent // LOGS_A_REQUEST)
        took = wait_compacted(on, sizes.compaction_s)
        say(f"compaction had come to rest after {took:.0f} s")
        _disk_row(disk(on), report)
    say("searches")
    with report.part("searches"):
        _search_rows(on, intake.sent, report)


def _bulk_rows(compared: _Compared, report: Report) -> None:
    rate, ratio, lean = compared.logs_per_s, compared.ratio(compared.usual), compared.ratio(compared.lean)
    cpu = compared.cpu()
    own = cpu["ingest"] + cpu["query"]
    documents = statistics.median(item.logs_per_s for item in compared.usual)
    lean_documents = statistics.median(item.logs_per_s for item in compared.lean)
    ingest, query = compared.peak("ingest"), compared.peak("query")
    report.figures |= {
        "bulk_intake_logs_per_s": round(rate),
        "bulk_intake_ratio": round(ratio, 2),
        "bulk_intake_ratio_lean": round(lean, 2),
        "document_logs_per_s": round(documents),
        "document_lean_logs_per_s": round(lean_documents),
        "cpu_us_per_log": round(own, 2),
        "cpu_us_per_log_by_process": cpu,
        "document_cpu_us_per_log_by_process": compared.document_cpu(),
        "client_cpu_us_per_log": round(statistics.median(item.client_cpu_us for item in compared.ours), 2),
        "rss_mb_bulk": {name: round(compared.peak(name) / MB) for name in compared.ours[0].rss_peak},
    }
    report.add("bulk intake to disk (284 B)", f"{rate:,.0f} logs/s", "≥ 200,000", met=rate >= 200_000)
    report.add("  against one document a log", f"{ratio:.1f}x of {documents:,.0f} logs/s", "≥ 6x", met=ratio >= 6)
    report.add("  against a lean one", f"{lean:.1f}x of {lean_documents:,.0f} logs/s")
    report.add("CPU of ingest + query", f"{own:.1f} µs/log ({_cpu_text(cpu)})", "≤ 6 µs", met=own <= 6)
    report.add("  of the documents' path", _cpu_text(compared.document_cpu()))
    report.add("  of the load client", f"{report.figures['client_cpu_us_per_log']:.1f} µs/log")
    report.add("memory at bulk: ingest", f"{ingest / MB:.0f} MB", "≤ 300 MB", met=ingest <= 300 * MB)
    report.add("memory at bulk: query", f"{query / MB:.0f} MB", "≤ 600 MB", met=query <= 600 * MB)


def _document_rows(on: Stage, sizes: Sizes, report: Report) -> None:
    direct = direct_round(on, "short", sizes.document_requests // 2 or 1, LOGS_A_REQUEST)
    stored = measure_stored(on, "short")
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


def _single_rows(rounds: list[Singles], report: Report) -> None:
    rate = statistics.median(item.requests_per_s for item in rounds)
    p50 = statistics.median(item.seen.p50_ms for item in rounds)
    p99 = statistics.median(item.seen.p99_ms for item in rounds)
    cpu = statistics.median(item.ingest_cpu_us for item in rounds)
    report.figures |= {
        "single_requests_per_s": round(rate),
        "single_p50_ms": round(p50, 1),
        "single_p99_ms": round(p99, 1),
        "single_ingest_cpu_us": round(cpu, 1),
    }
    report.add("single-log requests", f"{rate:,.0f}/s (ingest {cpu:.0f} µs each)", "≥ 5,000/s", met=rate >= 5000)
    report.add("  latency, 64 connections", f"p50 {p50:.1f} ms, p99 {p99:.1f} ms", "p99 < 50 ms", met=p99 < 50)


def _freshness(on: Stage, intake: Intake, sizes: Sizes) -> FreshnessResult:
    rate = _FRESH_RATE / _FRESH_LOGS_A_REQUEST
    plan = FreshnessPlan(
        on.platform["ingest"].url,
        on.platform["query"].url,
        on.platform.new_key("ingest", "read"),
        on.platform.project,
        markers=sizes.fresh_markers,
    )
    seconds = 4 + plan.markers * plan.every_s
    load = intake.plan(
        "short",
        int(rate * seconds),
        _FRESH_LOGS_A_REQUEST,
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
    intake.sent_elsewhere(load.requests * load.logs_a_request + plan.markers)
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


def _fill(intake: Intake, requests: int) -> None:
    """Send what is missing to the full number, one line of it with the rare text."""
    plan = intake.plan(
        "short",
        requests,
        LOGS_A_REQUEST,
        connections=CONNECTIONS,
        seed=99,
        window=(12.0, 0.1),
        bodies=300,
        needle=NEEDLE,
        needle_at=requests // 3,
    )
    intake.bulk_round(plan)


def _disk_row(stored: Disk, report: Report) -> None:
    size = stored.bytes_per_log
    report.figures |= {
        "bytes_per_log": round(size, 2),
        "file_bytes_per_log": round(stored.file_bytes_per_log, 2),
        "stored_logs": stored.logs,
        "segments": stored.segments,
        "index_bytes_per_log": round(stored.indexes / stored.logs, 3),
    }
    report.add(
        "disk, indexes and patterns included",
        f"{size:.1f} B/log in {stored.segments} segments (files now {stored.file_bytes_per_log:.1f})",
        "≤ 25 B",
        met=size <= 25,
    )


def _search_rows(on: Stage, logs: int, report: Report) -> None:
    found = measure_searches(on, logs, NEEDLE)
    both = found.histogram_ms + found.facets_ms
    report.figures |= {
        "search_10m_cold_ms": round(found.cold_ms),
        "search_10m_warm_ms": round(found.warm_ms),
        "search_10m_cpu_ms": round(found.warm_cpu_ms),
        "search_10m_scanned_mb": round(found.scanned_bytes / MB),
        "first_page_ms": round(found.first_page_ms, 1),
        "histogram_10m_ms": round(both, 1),
        "histogram_only_10m_ms": round(found.histogram_ms, 1),
        "facets_only_10m_ms": round(found.facets_ms, 1),
        "histogram_10m_cold_ms": round(found.histogram_cold_ms, 1),
        "search_growth_mb": round(found.search_growth / MB),
        "export_growth_mb": round(found.export_growth / MB),
        "export_logs_per_s": round(found.export_logs_per_s),
        "exported_logs": found.exported_logs,
    }
    million = f"{found.logs / 1e6:.1f} M"
    growth = max(found.search_growth, found.export_growth)
    report.add(
        f"rare substring, {million} logs, cold", f"{found.cold_ms:,.0f} ms", "≤ 2,000 ms", met=found.cold_ms <= 2000
    )
    report.add("  warm", f"{found.warm_ms:,.0f} ms (CPU of query and mongod {found.warm_cpu_ms:,.0f} ms)")
    report.add(
        "first page of a frequent term", f"{found.first_page_ms:.1f} ms", "≤ 50 ms", met=found.first_page_ms <= 50
    )
    report.add(
        f"histogram + facets, {million} logs",
        f"{both:.0f} ms ({found.histogram_ms:.0f} + {found.facets_ms:.0f}; first after a cold start "
        f"{found.histogram_cold_ms:.0f})",
        "≤ 100 ms",
        met=both <= 100,
    )
    report.add(
        "memory that a search or export adds",
        f"{found.search_growth / MB:.0f} MB, {found.export_growth / MB:.0f} MB",
        "≤ 200 MB",
        met=growth <= 200 * MB,
    )
    report.add("export as NDJSON", f"{found.export_logs_per_s:,.0f} logs/s ({found.exported_logs:,} read)")
