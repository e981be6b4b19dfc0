"""Lists the intake protocols over HTTP."""

from logloop_ingest.protocols.elasticsearch import ELASTICSEARCH, START_UP
from logloop_ingest.protocols.loki import LOKI
from logloop_ingest.protocols.otlp import OTLP
from logloop_ingest.protocols.protocol import FixedAnswer, IntakeProtocol

PROTOCOLS: tuple[IntakeProtocol, ...] = (OTLP, LOKI, ELASTICSEARCH)
FIXED_ANSWERS: tuple[FixedAnswer, ...] = START_UP
