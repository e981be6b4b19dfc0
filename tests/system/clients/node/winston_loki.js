// Sends with winston through the transport winston-loki, as protobuf.

import winston from "winston";
import LokiTransport from "winston-loki";
import { given, messages, pause } from "./program.js";

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
// It sends again after a minute, and never gives up.
const deadline = Date.now() + 150_000;
while (Date.now() < deadline) {
  await pause(500);
  await Promise.race([transport.flush(), pause(deadline - Date.now())]);
  if (transport.batcher.batch.streams.length === 0 && transport.batcher.batchesToSend?.length !== 1) break;
}
process.exit(0);
