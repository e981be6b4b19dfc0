import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { send } from "./otlp.js";

await send(OTLPLogExporter);
