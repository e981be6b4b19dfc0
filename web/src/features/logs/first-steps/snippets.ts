export type SnippetName =
  | "Python"
  | "OpenTelemetry"
  | "Node.js"
  | "Elasticsearch"
  | "pytest"
  | "curl"
  | "Any process"
  | "AMQP";
type SnippetInput = { origin: string; project: string; service: string; key: string };

const environment = ({ origin, project, key }: SnippetInput): string =>
  [
    `export LOGLOOP_URL=${origin}`,
    `export LOGLOOP_PROJECT=${project}`,
    ...(key ? [`export LOGLOOP_API_KEY=${key}`] : []),
  ].join("\n");

/** Lines to paste into a terminal or a program. A test runs each of them against a real platform. */
export const SNIPPETS: Record<SnippetName, (input: SnippetInput) => string> = {
  Python: ({ origin, project, service, key }) => `import logging, logloop

handler = logloop.LoggingHandler(
    service="${service}",
    url="${origin}",
    project="${project}",${key ? `\n    api_key="${key}",` : ""}
)
logging.getLogger().addHandler(handler)
logging.warning("first light")
`,
  OpenTelemetry: ({
    origin,
    project,
    service,
    key,
  }) => `# pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource

provider = LoggerProvider(resource=Resource.create({"service.name": "${service}"}))
exporter = OTLPLogExporter(
    endpoint="${origin}/v1/logs",
    headers={${key ? `"Authorization": "Bearer ${key}"` : `"X-Logloop-Project": "${project}"`}},
)
provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
provider.get_logger("${service}").emit(body="first light", severity_text="INFO")
provider.shutdown()
`,
  "Node.js": ({ origin, project, service, key }) => `// npm install pino pino-loki
import pino from "pino";

const transport = pino.transport({
  target: "pino-loki",
  options: {
    host: "${origin}",
    ${key ? `basicAuth: { username: "logloop", password: "${key}" }` : `headers: { "X-Logloop-Project": "${project}" }`},
    labels: { app: "${service}" },
    batching: false,
  },
});
pino(transport).info("first light");
setTimeout(() => transport.end(), 2000); // a short script waits until the line is sent
`,
  Elasticsearch: ({ origin, project, service, key }) => `# pip install elasticsearch
from datetime import datetime, timezone
from elasticsearch import Elasticsearch, helpers

client = Elasticsearch(
    "${origin}/elasticsearch",
    ${key ? `api_key="${key}"` : `headers={"X-Logloop-Project": "${project}"}`},
)
now = datetime.now(timezone.utc).isoformat()
line = {"_op_type": "create", "_index": "${service}", "@timestamp": now, "message": "first light"}
print(helpers.bulk(client, [line]))
`,
  pytest: (input) => `${environment(input)}
pytest --logloop
`,
  curl: ({ origin, project, service, key }) => `curl -sS ${origin}/api/v1/logs \\
  -H 'Content-Type: application/json' \\${key ? `\n  -H 'Authorization: Bearer ${key}' \\` : ""}
  -d "{\\"project_id\\": \\"${project}\\", \\"service_id\\": \\"${service}\\", \\"severity\\": \\"info\\",
       \\"message\\": \\"first light\\", \\"timestamp\\": \\"$(date -u +%Y-%m-%dT%H:%M:%SZ)\\"}"
`,
  "Any process": (input) => `${environment(input)}
logloop run --service ${input.service} -- echo "first light"
`,
  AMQP: ({
    project,
    service,
  }) => `# pip install pika; LOGLOOP_AMQP_URL is in the file that \`logloop up\` names under Credentials
import json, os, pika
from datetime import datetime, timezone

entry = {
    "project_id": "${project}",
    "service_id": "${service}",
    "severity": "info",
    "message": "first light",
    "timestamp": datetime.now(timezone.utc).isoformat(),
}
connection = pika.BlockingConnection(pika.URLParameters(os.environ["LOGLOOP_AMQP_URL"]))
channel = connection.channel()
channel.confirm_delivery()
channel.basic_publish("logloop.intake", "${project}", json.dumps(entry))
connection.close()
`,
};
