// Sends to Datadog's intake as Datadog describes it for winston: with winston's own HTTP transport.

import winston from "winston";
import { given, messages } from "./program.js";

const { hostname, port } = new URL(given.url);
const transport = new winston.transports.Http({
  host: hostname,
  port,
  path: `/api/v2/logs?dd-api-key=${given.key}&ddsource=nodejs&service=checkout`,
  ssl: false,
  batch: true,
  batchInterval: 200,
  batchCount: 100,
});
transport.on("warn", () => {});
const logger = winston.createLogger({ transports: [transport] });
for (const { text } of messages()) logger.info(text);
