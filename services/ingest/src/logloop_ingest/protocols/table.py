"""Lists the intake protocols over HTTP."""

from logloop_ingest.protocols.clef import CLEF
from logloop_ingest.protocols.datadog import DATADOG
from logloop_ingest.protocols.elasticsearch import ELASTICSEARCH, START_UP
from logloop_ingest.protocols.gelf import GELF
from logloop_ingest.protocols.journald.journald import JOURNALD
from logloop_ingest.protocols.lines.lines import LINES
from logloop_ingest.protocols.loki.loki import LOKI
from logloop_ingest.protocols.otlp.otlp import OTLP
from logloop_ingest.protocols.protocol import FixedAnswer, IntakeProtocol
from logloop_ingest.protocols.sentry.sentry import SENTRY
from logloop_ingest.protocols.splunk import SPLUNK, SPLUNK_ANSWERS, SPLUNK_RAW

PROTOCOLS: tuple[IntakeProtocol, ...] = (
    OTLP, LOKI, ELASTICSEARCH, SPLUNK, SPLUNK_RAW, DATADOG, GELF, CLEF, SENTRY, JOURNALD, LINES,
)  # fmt: skip
FIXED_ANSWERS: tuple[FixedAnswer, ...] = (*START_UP, *SPLUNK_ANSWERS)
