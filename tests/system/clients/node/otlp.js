// Sends with the OpenTelemetry SDK through an exporter.

import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { given, messages } from "./program.js";

export async function send(OTLPLogExporter) {
  const exporter = new OTLPLogExporter({
    url: `${given.url}/v1/logs`,
    headers: { Authorization: `Bearer ${given.key}` },
    compression: "gzip",
    timeoutMillis: 60_000,
  });
  const options = { maxQueueSize: 100_000, maxExportBatchSize: 512, exportTimeoutMillis: 90_000, exporter };
  const processor = new BatchLogRecordProcessor(options);
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ "service.name": "checkout" }),
    processors: [processor],
  });
  const logger = provider.getLogger("clients");
  for (const { text, time } of messages()) {
    logger.emit({ timestamp: new Date(time), severityNumber: 9, severityText: "INFO", body: text });
  }
  await provider.forceFlush();
  await provider.shutdown();
}
