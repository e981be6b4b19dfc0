// Sends with winston through the transport winston-loki, as protobuf.

import winston from "winston";
import LokiTransport from "winston-loki";
import { given, messages } from "./program.js";

const transport = new LokiTransport({
  host: given.url,
  basicAuth: `logloop:${given.key}`,
  labels: { app: "checkout" },
  json: false,
  interval: 1,
  replaceTimestamp: false,
  gracefulShutdown: false,
  onConnectionError: (error) => console.error(String(error)),
});
const logger = winston.createLogger({ transports: [transport] });
for (const { text } of messages()) logger.info(text);
for (let tries = 0; tries < 180; tries++) {
  await new Promise((resolve) => setTimeout(resolve, 500));
  await transport.flush();
  if (transport.batcher.batch.streams.length === 0 && transport.batcher.batchesToSend?.length !== 1) break;
}
process.exit(0);
