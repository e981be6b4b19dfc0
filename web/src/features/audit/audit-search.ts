import { textParam } from "@/lib/page/search-params";

/** The filter of the audit trail. `all` shows the whole installation instead of one project. */
export type AuditSearch = {
  action?: string | undefined;
  actor?: string | undefined;
  resource?: string | undefined;
  all?: "1" | undefined;
};

export function readAuditSearch(search: Record<string, unknown>): AuditSearch {
  const found: AuditSearch = {
    action: textParam(search, "action"),
    actor: textParam(search, "actor"),
    resource: textParam(search, "resource"),
    all: textParam(search, "all") === "1" ? "1" : undefined,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}
