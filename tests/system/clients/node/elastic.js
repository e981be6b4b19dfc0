// Sends with the bulk helper of @elastic/elasticsearch.

import { Client } from "@elastic/elasticsearch";
import { given, messages } from "./program.js";

const client = new Client({ node: given.url, auth: { apiKey: given.key }, maxRetries: 10, retryOnTimeout: true });
const result = await client.helpers.bulk({
  datasource: (async function* () {
    for (const { text, time } of messages()) {
      yield { "@timestamp": new Date(time).toISOString(), message: text, log: { level: "info" } };
    }
  })(),
  onDocument: () => ({ create: { _index: "checkout" } }),
  retries: 10,
  wait: 1000,
  onDrop: (item) => console.log(JSON.stringify(item.error)),
});
console.log(JSON.stringify(result));
