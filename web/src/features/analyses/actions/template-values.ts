import type { CiBridge } from "@/lib/api/client";
import type { Finding } from "../analysis-queries";
import { severityOf } from "../report/wording";

type TemplateField = CiBridge["schemas"]["TemplateField"];

/** Suggests values for the fields of an event template from a finding; the rest is left to the user. */
export function templateValues(
  fields: readonly TemplateField[],
  finding: Finding,
  link: string,
): Record<string, string> {
  const known: Record<string, string> = {
    "log.service_id": finding.service_id ?? "",
    "log.severity": severityOf(finding) ?? "",
    "log.test_id": finding.test_id ?? "",
    "log.pattern": finding.pattern ?? "",
    "log.id": finding.evidence?.[0] ?? "",
    "stats.count": String(finding.count ?? 0),
    link,
  };
  return Object.fromEntries(
    fields.map(({ name, source, default: fallback }) => [
      name,
      (source ? known[source] : known[name]) ||
        (fallback === null || fallback === undefined ? "" : String(fallback)),
    ]),
  );
}
