import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { send } from "./otlp.js";

await send(OTLPLogExporter);
