"""Lists the intake protocols over HTTP."""

from logloop_ingest.protocols.elasticsearch import ELASTICSEARCH, START_UP
from logloop_ingest.protocols.gelf import GELF
from logloop_ingest.protocols.loki import LOKI
from logloop_ingest.protocols.otlp import OTLP
from logloop_ingest.protocols.protocol import FixedAnswer, IntakeProtocol
from logloop_ingest.protocols.splunk import SPLUNK, SPLUNK_ANSWERS, SPLUNK_RAW

PROTOCOLS: tuple[IntakeProtocol, ...] = (OTLP, LOKI, ELASTICSEARCH, SPLUNK, SPLUNK_RAW, GELF)
FIXED_ANSWERS: tuple[FixedAnswer, ...] = (*START_UP, *SPLUNK_ANSWERS)
