// Sends with pino through the transport pino-loki.

import pino from "pino";
import { given, messages, pause } from "./program.js";

const transport = pino.transport({
  target: "pino-loki",
  options: {
    host: given.url,
    basicAuth: { username: "logloop", password: given.key },
    labels: { app: "checkout" },
    batching: { interval: 1, maxBufferSize: 100_000 },
  },
});
const logger = pino(transport);
for (const { text } of messages()) logger.info(text);
await pause(4000);
transport.end();
