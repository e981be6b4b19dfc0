export type SnippetName = "Python" | "pytest" | "curl" | "Any process" | "AMQP";
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
  pytest: (input) => `${environment(input)}
pytest --logloop
`,
  curl: ({ origin, project, service, key }) => `curl -sS ${origin}/api/v1/logs \\
  -H 'Content-Type: application/json' \\${key ? `\n  -H 'Authorization: Bearer ${key}' \\` : ""}
  -d "{\\"project_id\\": \\"${project}\\", \\"service_id\\": \\"${service}\\", \\"severity\\": \\"info\\",
       \\"message\\": \\"first light\\", \\"timestamp\\": \\"$(date -u +%Y-%m-%dT%H:%M:%SZ)\\"}"
`,
  "Any process": (input) => `${environment(input)}
echo "first light" | logloop send --service ${input.service}
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
