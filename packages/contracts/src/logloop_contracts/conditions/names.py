"""The names that conditions may read, with their types."""

from collections.abc import Mapping
from typing import Literal

Subject = Literal["logs", "analysis", "run"]
STRING, INT, ANY = "string", "int", "any"
NAMES: Mapping[Subject, Mapping[str, str]] = {
    "logs": {
        "log.id": STRING,
        "log.project_id": STRING,
        "log.service_id": STRING,
        "log.test_id": STRING,
        "log.func_id": STRING,
        "log.message": STRING,
        "log.pattern": STRING,
        "log.severity": STRING,
        "log.source": STRING,
        "log.timestamp": "timestamp",
        "log.attributes": "object",
        "stats.count": INT,
        "stats.rate": ANY,
        "stats.services": INT,
        "stats.window_s": INT,
    },
    "analysis": {
        "analysis.id": STRING,
        "analysis.verdict": STRING,
        "analysis.mode": STRING,
        "analysis.summary": STRING,
        "analysis.findings": INT,
        "analysis.kinds": "strings",
        "analysis.services": "strings",
        "analysis.top_score": ANY,
        "analysis.logs_read": INT,
        "analysis.claims": INT,
        "analysis.rule": STRING,
    },
    "run": {
        "run.id": STRING,
        "run.repository": STRING,
        "run.workflow": STRING,
        "run.name": STRING,
        "run.conclusion": STRING,
        "run.attempt": INT,
        "run.hop": INT,
        "run.log_count": INT,
        "run.failed_jobs": "strings",
        "run.failed_tests": "strings",
        "run.pipeline": STRING,
        "run.rule": STRING,
        "out.lines": "objects",
        "out.annotations": "objects",
        "out.tests.failed": "strings",
        "out.coverage": ANY,
        "step.name": STRING,
        "step.job": STRING,
        "step.exit_code": INT,
        "outputs": "object",
    },
}
"""Every name that a condition may use, with its type. Absent references are empty strings."""

ITEM_FIELDS: Mapping[str, tuple[str, ...]] = {
    "out.lines": ("text", "severity", "job", "step", "group", "test_id"),
    "out.annotations": ("message", "level", "job", "path", "line", "title", "source"),
}
"""The fields of the items of a list, which `exists` and `all` read."""

OUTPUT_NAMES = frozenset(name for name in NAMES["run"] if not name.startswith("run."))
"""What is read of the output of a run, which programs have printed, and not of its state on GitHub."""

MEASURED_ANALYSIS_NAMES = frozenset(
    {"analysis.findings", "analysis.kinds", "analysis.services", "analysis.top_score", "analysis.logs_read"}
)
"""Names that are measured; `verdict`, `summary` and `claims` may come from a model that read untrusted text."""
