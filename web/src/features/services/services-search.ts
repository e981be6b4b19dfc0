import { textParam } from "@/lib/page/search-params";

export type ServicesSearch = { name?: string | undefined };

export function readServicesSearch(search: Record<string, unknown>): ServicesSearch {
  const name = textParam(search, "name");
  return name ? { name } : {};
}
