"""Sends with the OpenTelemetry SDK over OTLP/gRPC. The URL is the address of the listener."""

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource

from tests.system.clients.python.program import arguments, messages

given = arguments()
provider = LoggerProvider(resource=Resource.create({"service.name": "checkout"}))
exporter = OTLPLogExporter(
    timeout=60, endpoint=given.url, insecure=True, headers=(("authorization", f"Bearer {given.key}"),)
)
provider.add_log_record_processor(
    BatchLogRecordProcessor(exporter, max_queue_size=100_000, max_export_batch_size=512, export_timeout_millis=90_000)
)
logger = provider.get_logger("clients")
for message in messages(given):
    logger.emit(
        LogRecord(
            timestamp=int(message.time * 1e9),
            severity_number=SeverityNumber.INFO,
            severity_text="INFO",
            body=message.text,
        )
    )
provider.force_flush(90_000)
provider.shutdown()
