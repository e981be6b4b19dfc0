// Sends events with Splunk's own library for JavaScript.

import splunk from "splunk-logging";
import { given, messages } from "./program.js";

const logger = new splunk.Logger({
  token: given.key,
  url: given.url,
  path: "/services/collector/event/1.0?service=checkout",
  maxRetries: 10,
  maxBatchCount: 0,
});
logger.error = (error) => console.error(String(error));
logger.eventFormatter = (message) => message;
let count = 0;
for (const { text, time } of messages()) {
  logger.send({ message: text, metadata: { time: time / 1000 } });
  if (++count % 500 === 0) await flushed();
}
await flushed();

function flushed() {
  return new Promise((resolve) => logger.flush(() => resolve()));
}
