"""Measures intake in other protocols against own JSON: the same logs, in rounds that take turns."""

import statistics

from benchmarks.report import Report
from benchmarks.sending.encodings import ENCODINGS
from benchmarks.sending.intake import Intake, Round, median_of
from benchmarks.testbed import Testbed

CONNECTIONS = 8
LOGS_PER_REQUEST = 1000
LEAST_RATIO = 0.6
_NAMES = {"otlp": "OTLP in protobuf", "loki": "Loki in JSON"}


def add_protocol_rows(testbed: Testbed, report: Report, *, requests: int, rounds: int) -> None:
    """Add a row for each protocol: its rate as a share of own JSON in the same run, and the CPU of ingest."""
    intake = Intake(testbed, testbed.platform.new_key("ingest"))
    found: dict[str, list[Round]] = {name: [] for name in ENCODINGS}
    for number in range(-1, rounds):
        for name in ENCODINGS:
            plan = intake.plan(
                "short",
                max(5, requests // 10) if number < 0 else requests,
                LOGS_PER_REQUEST,
                connections=CONNECTIONS,
                seed=10 * (number + 2),
                window=(6.0 - number, 5.0 - number),
                protocol=name,
            )
            measured = intake.bulk_round(plan)
            if number >= 0:
                found[name].append(measured)
    own = statistics.median(item.logs_per_s for item in found["json"])
    for name, title in _NAMES.items():
        rate = statistics.median(item.logs_per_s for item in found[name])
        ratio, cpu = rate / own, median_of(found[name], "ingest")
        report.figures |= {
            f"{name}_intake_logs_per_s": round(rate),
            f"{name}_intake_ratio": round(ratio, 2),
            f"{name}_ingest_cpu_us": round(cpu, 2),
        }
        report.add(
            f"intake as {title}",
            f"{rate:,.0f} logs/s, {ratio:.2f}x of own JSON (ingest {cpu:.1f} µs/log)",
            f"≥ {LEAST_RATIO}x",
            met=ratio >= LEAST_RATIO,
        )
    report.add("  own JSON beside it", f"{own:,.0f} logs/s (ingest {median_of(found['json'], 'ingest'):.1f} µs/log)")
