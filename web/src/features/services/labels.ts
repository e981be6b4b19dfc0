/** Writes labels as one line each: "team: payments". */
export function labelsText(labels: Record<string, string>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");
}

/** Reads labels from lines. A line without a colon is a name without a value. */
export function readLabels(text: string): Record<string, string> {
  const pairs = text.split("\n").flatMap((line) => {
    const [, name = "", value = ""] = /^\s*([^:]*?)\s*(?::\s*(.*?)\s*)?$/.exec(line) ?? [];
    return name ? [[name, value] as const] : [];
  });
  return Object.fromEntries(pairs);
}
