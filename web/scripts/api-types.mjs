// Generates src/lib/api/*.gen.ts from the services' OpenAPI documents in openapi/.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const SERVICES = ["query", "ci-bridge", "ingest", "analyzer"];
const folder = new URL("../src/lib/api/", import.meta.url);

await mkdir(folder, { recursive: true });
for (const service of SERVICES) {
  const document = JSON.parse(await readFile(new URL(`../openapi/${service}.json`, import.meta.url), "utf8"));
  const types = astToString(await openapiTS(document, { alphabetize: true, defaultNonNullable: false }));
  await writeFile(
    new URL(`${service}.gen.ts`, folder),
    `// Generated from openapi/${service}.json.\n${types}`,
  );
}
