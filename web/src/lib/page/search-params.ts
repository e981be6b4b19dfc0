// The router's own parser turns "662E41" into a number. Here every value in the address is text, or a list of texts.

export type SearchParams = Record<string, string | string[] | undefined>;

/** Reads the query part of an address. A parameter that is given several times becomes a list. */
export function parseSearch(text: string): SearchParams {
  const result: SearchParams = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const earlier = result[name];
    result[name] = earlier === undefined ? value : [earlier, value].flat();
  }
  return result;
}

/** Writes the query part of an address, with its "?", or "" when there is nothing to write. */
export function stringifySearch(search: Record<string, unknown>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    for (const item of [value].flat()) {
      if (item !== undefined && item !== null && item !== "") params.append(name, String(item));
    }
  }
  const text = params.toString();
  return text ? `?${text}` : "";
}

/** Returns a parameter as text; the first one when it is given several times. */
export function textParam(search: Record<string, unknown>, name: string): string | undefined {
  const value = [search[name]].flat()[0];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Returns a parameter as a list of texts. */
export function listParam(search: Record<string, unknown>, name: string): string[] | undefined {
  const values = [search[name]]
    .flat()
    .filter((value): value is string => typeof value === "string" && value !== "");
  return values.length > 0 ? values : undefined;
}

/** Returns a parameter when it is one of the choices. */
export function choiceParam<T extends string>(
  search: Record<string, unknown>,
  name: string,
  choices: readonly T[],
): T | undefined {
  const value = textParam(search, name);
  return choices.find((choice) => choice === value);
}
