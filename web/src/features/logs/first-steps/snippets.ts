export type SnippetName = "Python" | "pytest" | "curl" | "Any process" | "AMQP";
type SnippetInput = { origin: string; project: string; service: string; key: string };

const environment = ({ origin, project, key }: SnippetInput): string =>
  [
    `export LOGLOOP_URL=${origin}`,
    `export LOGLOOP_PROJECT=${project}`,
    ...(key ? [`export LOGLOOP_TOKEN=${key}`] : []),
  ].join("\n");

/** Lines to paste into a terminal or a program. A test runs each of them against a real platform. */
export const SNIPPETS: Record<SnippetName, (input: SnippetInput) => string> = {
  Python: ({ origin, project, service, key }) => `import logging, logloop

handler = logloop.LoggingHandler(
    service="${service}",
    url="${origin}",
    project="${project}",${key ? `\n    token="${key}",` : ""}
)
logging.getLogger().addHandler(handler)
logging.warning("first light")
`,
  pytest: (input) => `${environment(input)}
pytest --logloop
`,
  curl: ({ origin, project, service, key }) => `curl -sS ${origin}/api/v1/logs \\
  -H 'Content-Type: application/json' \\${key ? `\n  -H 'Authorization: Bearer ${key}' \\` : ""}
  -d '{"project_id": "${project}", "service_id": "${service}", "severity": "info", "message": "first light"}'
`,
  "Any process": (input) => `${environment(input)}
my-program 2>&1 | logloop send --service ${input.service}
`,
  AMQP: ({
    project,
    service,
  }) => `# Publish one JSON entry to the exchange "logloop.logs"; see docs/messages.md.
{"project_id": "${project}", "service_id": "${service}", "severity": "info", "message": "first light"}
`,
};
