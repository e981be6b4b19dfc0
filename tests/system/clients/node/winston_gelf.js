// Sends GELF over HTTP with winston-log2gelf, a request for each entry.

import winston from "winston";
import Log2gelf from "winston-log2gelf";
import { given, messages, pause } from "./program.js";

const { hostname, port } = new URL(given.url);
const transport = new Log2gelf({
  hostname: "web-1",
  host: hostname,
  port,
  protocol: "http",
  service: "checkout",
  protocolOptions: { headers: { Authorization: `Bearer ${given.key}` } },
});
const logger = winston.createLogger({ transports: [transport] });
for (const { text } of messages()) {
  logger.info(text);
  await pause(1);
}
