import { useQueries, useQuery } from "@tanstack/react-query";
import { TextPage } from "@/components/page/text-page";
import { asProblem, problemOf } from "@/lib/api/problem";
import { usePageTitle } from "@/lib/page/page-title";

const SERVICES = [
  ["ingest", "accepts logs"],
  ["query", "stores and searches logs"],
  ["analyzer", "explains logs"],
  ["ci-bridge", "starts workflows"],
] as const;
const CHECK_MS = 10_000;

type Health = { status: string; checks: Record<string, string> };

async function readJson(path: string, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(path, { signal });
  if (!response.ok && response.status !== 503) throw await problemOf(response);
  return response.json();
}

function versionIn(document: unknown): string {
  const info = (document as { info?: { version?: unknown } } | null)?.info;
  if (typeof info?.version !== "string") throw new Error("It does not say its version.");
  return info.version;
}

function readHealth(value: unknown): Health {
  const { status, checks } = (value ?? {}) as Partial<Health>;
  return { status: String(status ?? "unknown"), checks: checks ?? {} };
}

/** The versions of the services, and whether they respond. */
export function AboutPage() {
  usePageTitle("About");
  const services = useQueries({
    queries: SERVICES.map(([name]) => ({
      queryKey: ["about", name],
      queryFn: async ({ signal }: { signal: AbortSignal }) =>
        versionIn(await readJson(`/api/v1/openapi/${name}.json`, signal)),
      refetchInterval: CHECK_MS * 6,
    })),
  });
  const health = useQuery({
    queryKey: ["about", "readyz"],
    queryFn: async ({ signal }) => readHealth(await readJson("/readyz", signal)),
    refetchInterval: CHECK_MS,
  });
  return (
    <TextPage
      title="About"
      intro={
        <>
          Logloop shows logs, explains them and starts workflows from them. It is free software under the
          Apache licence 2.0. All operations of its API are in{" "}
          <a href="/docs" target="_blank" rel="noopener">
            Swagger
          </a>
          .
        </>
      }
    >
      <table aria-label="Services of this installation">
        <thead>
          <tr>
            <th>Service</th>
            <th>What it does</th>
            <th>Version</th>
            <th>State</th>
          </tr>
        </thead>
        <tbody>
          {SERVICES.map(([name, purpose], index) => {
            const service = services[index];
            return (
              <tr key={name}>
                <td className="strong">{name}</td>
                <td className="soft">{purpose}</td>
                <td className="mono">{service?.data ?? ""}</td>
                <td>
                  {service?.error ? (
                    <span className="bad">✕ {asProblem(service.error).message}</span>
                  ) : service?.data ? (
                    <span className="ok">✓ responds</span>
                  ) : (
                    <span className="muted">asking</span>
                  )}
                </td>
              </tr>
            );
          })}
          {Object.entries(health.data?.checks ?? {}).map(([name, state]) => (
            <tr key={name}>
              <td className="strong">{name}</td>
              <td className="soft">as query sees it</td>
              <td />
              <td className={state === "ok" ? "ok" : "bad"}>{state === "ok" ? "✓ works" : `✕ ${state}`}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TextPage>
  );
}
