// Sends with winston through Seq's own transport.

import { SeqTransport } from "@datalust/winston-seq";
import winston from "winston";
import { given, messages } from "./program.js";

const transport = new SeqTransport({
  serverUrl: given.url,
  apiKey: given.key,
  eventSizeLimit: 1_000_000,
  onError: (error) => console.error(String(error)),
});
const logger = winston.createLogger({
  format: winston.format.json(),
  defaultMeta: { Application: "checkout" },
  transports: [transport],
});
for (const { text } of messages()) logger.info(text);
await transport.flush();
logger.close();
