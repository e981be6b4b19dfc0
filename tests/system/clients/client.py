"""The clients: how each is started, and what it guarantees."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from shutil import which

_ROOT = Path(__file__).parents[3]
NODE = which("node", path=f"{_ROOT}/.tools/node/bin") or which("node") or "node"
NODE_MODULES = _ROOT / "tests/system/clients/node/node_modules"


class Situation(StrEnum):
    """What a client meets."""

    HAPPY = "happy path"
    TOO_MANY = "429"
    UNAVAILABLE = "503"
    RESTART = "restart"
    BAD_TOKEN = "bad token"
    OVERSIZE = "oversize"
    BAD_ENTRY = "bad entry"


REFUSALS = (Situation.TOO_MANY, Situation.UNAVAILABLE, Situation.RESTART)
ALL = frozenset(REFUSALS)


@dataclass(frozen=True)
class Client:
    """A client. `keeps` are the refusals after which it sends again, so that nothing is lost.

    `sets_times` says that a program can give an entry a time of its own, so that it can send a bad one.
    """

    name: str
    protocol: str
    program: str
    keeps: frozenset[Situation] = ALL
    sets_times: bool = False
    path: str = ""
    over_grpc: bool = False
    """It sends to the listener for gRPC, not through the front."""
    retries_at_once: bool = False
    """It does not wait between its attempts, so it does not last through an outage."""
    retries_late: bool = False
    """It sends again after five seconds or more."""

    def can_meet(self, situation: Situation) -> bool:
        """Whether a situation can be played with this client."""
        if situation is Situation.BAD_ENTRY:
            return self.sets_times
        return not (self.over_grpc and situation in REFUSALS)

    @property
    def is_installed(self) -> bool:
        """Whether the program can run here."""
        return self.program.endswith(".py") or NODE_MODULES.is_dir()

    def run(self, url: str, key: str, arguments: Sequence[str], *, timeout_s: float) -> str:
        """Run the program to its end and return what it printed."""
        name = self.program.removesuffix(".py")
        program = (
            [NODE, f"tests/system/clients/node/{self.program}"]
            if name == self.program
            else [sys.executable, "-m", f"tests.system.clients.python.{name}"]
        )
        done = subprocess.run(
            [*program, url + self.path, key, *arguments],
            env={**os.environ, "NO_PROXY": "127.0.0.1"},
            cwd=_ROOT,
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )
        return done.stdout + done.stderr


_IF_ANSWERED = frozenset({Situation.TOO_MANY, Situation.UNAVAILABLE})
_NOTHING: frozenset[Situation] = frozenset()


def _elasticsearch(name: str, program: str) -> Client:
    return Client(
        name,
        "Elasticsearch bulk",
        program,
        sets_times=True,
        path="/elasticsearch",
        retries_at_once=True,
    )


CLIENTS = (
    Client("opentelemetry-exporter-otlp-proto-http (Python)", "OTLP/HTTP, protobuf", "otlp_http.py", sets_times=True),
    Client(
        "opentelemetry-exporter-otlp-proto-grpc (Python)",
        "OTLP/gRPC",
        "otlp_grpc.py",
        sets_times=True,
        over_grpc=True,
    ),
    Client("@opentelemetry/exporter-logs-otlp-http (JS)", "OTLP/HTTP, JSON", "otlp_json.js", sets_times=True),
    Client("@opentelemetry/exporter-logs-otlp-proto (JS)", "OTLP/HTTP, protobuf", "otlp_proto.js", sets_times=True),
    Client("python-logging-loki", "Loki, JSON", "logging_loki_handler.py", _NOTHING),
    Client("loki-logger-handler (Python)", "Loki, JSON", "loki_logger.py", _NOTHING),
    Client("pino-loki (JS)", "Loki, JSON", "pino_loki.js", _NOTHING),
    Client("winston-loki (JS)", "Loki, protobuf", "winston_loki.js", retries_late=True),
    _elasticsearch("elasticsearch-py", "elastic.py"),
    _elasticsearch("@elastic/elasticsearch (JS)", "elastic.js"),
    _elasticsearch("opensearch-py", "opensearch.py"),
    Client("splunk-handler (Python)", "Splunk HEC", "splunk_hec.py", sets_times=True),
    Client("splunk-logging (JS)", "Splunk HEC", "splunk_logging.js", _NOTHING, sets_times=True),
    Client("winston, transports.Http (JS)", "Datadog", "winston_datadog.js", _NOTHING),
    Client("pygelf (Python)", "GELF over HTTP", "gelf_pygelf.py", _NOTHING),
    Client("winston-log2gelf (JS)", "GELF over HTTP", "winston_gelf.js", _NOTHING),
    Client("seqlog (Python)", "Seq, raw events", "seq_log.py", _NOTHING),
    Client("@datalust/winston-seq (JS)", "Seq, raw events", "winston_seq.js", _IF_ANSWERED, retries_late=True),
    Client("sentry-sdk (Python)", "Sentry envelope", "sentry_logs.py", _NOTHING),
    Client("logging.handlers.HTTPHandler (Python)", "form", "http_handler.py", _NOTHING),
    Client("curl", "lines", "curl_lines.py"),
)
