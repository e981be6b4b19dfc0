// A condition is one CEL expression, which only the server compiles. When it is an all-of list of comparisons, it can be
// edited as rows; this file turns such a text into rows and back.

export type Subject = "logs" | "analysis" | "run";
type Kind = "text" | "number" | "list" | "attribute";
export type Operator =
  | "is"
  | "is not"
  | "contains"
  | "does not contain"
  | "starts with"
  | "ends with"
  | "matches"
  | "="
  | "≠"
  | ">"
  | "≥"
  | "<"
  | "≤"
  | "includes"
  | "includes none like";

/** One comparison: `log.message` contains "timed out". */
export type Comparison = { name: string; operator: Operator; value: string };

/** Names that a condition may compare, with their kind. The server knows a few more, which are written as source. */
export const NAMES: Record<Subject, readonly (readonly [name: string, kind: Kind])[]> = {
  logs: [
    ["log.severity", "text"],
    ["log.message", "text"],
    ["log.service_id", "text"],
    ["log.test_id", "text"],
    ["log.func_id", "text"],
    ["log.source", "text"],
    ["log.pattern", "text"],
    ["stats.count", "number"],
    ["stats.rate", "number"],
    ["stats.services", "number"],
  ],
  analysis: [
    ["analysis.verdict", "text"],
    ["analysis.mode", "text"],
    ["analysis.summary", "text"],
    ["analysis.findings", "number"],
    ["analysis.top_score", "number"],
    ["analysis.logs_read", "number"],
    ["analysis.claims", "number"],
    ["analysis.rule", "text"],
    ["analysis.kinds", "list"],
    ["analysis.services", "list"],
  ],
  run: [
    ["run.conclusion", "text"],
    ["run.repository", "text"],
    ["run.workflow", "text"],
    ["run.name", "text"],
    ["run.attempt", "number"],
    ["run.log_count", "number"],
    ["run.failed_jobs", "list"],
    ["run.failed_tests", "list"],
  ],
};

const TEXT: readonly Operator[] = [
  "is",
  "is not",
  "contains",
  "does not contain",
  "starts with",
  "ends with",
  "matches",
];
const NUMBER: readonly Operator[] = ["=", "≠", ">", "≥", "<", "≤"];
const LIST: readonly Operator[] = ["includes", "includes none like"];
const OPERATORS: Record<Kind, readonly Operator[]> = {
  text: TEXT,
  number: NUMBER,
  list: LIST,
  attribute: [...TEXT, ...NUMBER],
};
const SIGNS: Partial<Record<Operator, string>> = {
  is: "==",
  "is not": "!=",
  "=": "==",
  "≠": "!=",
  ">": ">",
  "≥": ">=",
  "<": "<",
  "≤": "<=",
};
const METHODS: Partial<Record<Operator, string>> = {
  contains: "contains",
  "starts with": "startsWith",
  "ends with": "endsWith",
  matches: "matches",
};
const ATTRIBUTE = /^log\.attributes(\.[A-Za-z_]\w*)+$/;
const NUMERIC = /^-?\d+(\.\d+)?$/;

/** Returns the kind of a name, or null when it cannot be compared in a row. */
export function kindOf(name: string, subject: Subject): Kind | null {
  if (subject === "logs" && ATTRIBUTE.test(name)) return "attribute";
  return NAMES[subject].find(([known]) => known === name)?.[1] ?? null;
}

export function operatorsOf(name: string, subject: Subject): readonly Operator[] {
  return OPERATORS[kindOf(name, subject) ?? "text"];
}

export function isNumeric(operator: Operator): boolean {
  return NUMBER.includes(operator);
}

function writeComparison({ name, operator, value }: Comparison): string {
  const text = JSON.stringify(value);
  if (operator === "includes") return `${text} in ${name}`;
  if (operator === "includes none like") return `!${name}.exists(item, item.contains(${text}))`;
  if (operator === "does not contain") return `!${name}.contains(${text})`;
  const method = METHODS[operator];
  if (method) return `${name}.${method}(${text})`;
  return `${name} ${SIGNS[operator]} ${isNumeric(operator) ? value : text}`;
}

/** Writes comparisons as CEL, one on each line. Without any, every log, analysis or run matches. */
export function writeCondition(comparisons: readonly Comparison[]): string {
  return comparisons.length === 0 ? "true" : comparisons.map(writeComparison).join(" &&\n");
}

/** Splits at the && of the top level; null when brackets or quotes are open, or when there is an ||. */
function splitClauses(source: string): string[] | null {
  const clauses: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index < source.length; index += 1) {
    const letter = source[index] ?? "";
    if (letter === '"' || letter === "'") {
      index = endOfText(source, index);
      if (index < 0) return null;
    } else if ("([{".includes(letter)) depth += 1;
    else if (")]}".includes(letter)) depth -= 1;
    else if (depth === 0 && source.startsWith("||", index)) return null;
    else if (depth === 0 && (letter === "?" || letter === "/")) return null;
    else if (depth === 0 && source.startsWith("&&", index)) {
      clauses.push(source.slice(start, index));
      start = index + 2;
      index += 1;
    }
  }
  return depth === 0 ? [...clauses, source.slice(start)].map((clause) => clause.trim()) : null;
}

/** Returns the index of the closing quote, or -1. */
function endOfText(source: string, start: number): number {
  for (let index = start + 1; index < source.length; index += 1) {
    if (source[index] === "\\") index += 1;
    else if (source[index] === source[start]) return index;
  }
  return -1;
}

/** Reads a text in quotes; null when it has escapes that JSON does not know. */
function readText(literal: string): string | null {
  const text = literal.trim();
  if (text.length < 2 || endOfText(text, 0) !== text.length - 1) return null;
  const isSingle = text.startsWith("'");
  if (!isSingle && !text.startsWith('"')) return null;
  const inner = isSingle ? text.slice(1, -1).replace(/\\'/g, "'").replace(/"/g, '\\"') : text.slice(1, -1);
  try {
    return JSON.parse(`"${inner}"`) as string;
  } catch {
    return null;
  }
}

const METHOD_CALL = /^(!?)([\w.]+)\.(contains|startsWith|endsWith|matches)\((.*)\)$/s;
const MEMBERSHIP = /^(.*?)\s+in\s+([\w.]+)$/s;
const NONE_LIKE = /^!([\w.]+)\.exists\((\w+),\s*(\w+)\.contains\((.*)\)\)$/s;
const COMPARED = /^([\w.]+)\s*(==|!=|>=|<=|>|<)\s*(.+)$/s;

function readCall(clause: string): Comparison | null {
  const [, negated, name, method, literal] = METHOD_CALL.exec(clause) ?? [];
  const value = readText(literal ?? "");
  if (!name || value === null) return null;
  if (negated) return method === "contains" ? { name, operator: "does not contain", value } : null;
  const operator = TEXT.find((item) => METHODS[item] === method);
  return operator ? { name, operator, value } : null;
}

function readComparison(clause: string): Comparison | null {
  const none = NONE_LIKE.exec(clause);
  const unlike = none && none[2] === none[3] ? readText(none[4] ?? "") : null;
  if (none?.[1] && unlike !== null) return { name: none[1], operator: "includes none like", value: unlike };
  const member = MEMBERSHIP.exec(clause);
  const element = member ? readText(member[1] ?? "") : null;
  if (member?.[2] && element !== null) return { name: member[2], operator: "includes", value: element };
  const call = readCall(clause);
  if (call) return call;
  const [, name, sign, literal = ""] = COMPARED.exec(clause) ?? [];
  if (!name) return null;
  const text = readText(literal);
  if (text !== null) {
    const operator = TEXT.find((item) => SIGNS[item] === sign);
    return operator ? { name, operator, value: text } : null;
  }
  const operator = NUMBER.find((item) => SIGNS[item] === sign);
  return operator && NUMERIC.test(literal.trim()) ? { name, operator, value: literal.trim() } : null;
}

/** Returns the comparisons of a condition, or null when it is more than an all-of list of them. */
export function readCondition(source: string, subject: Subject): Comparison[] | null {
  if (source.trim() === "true") return [];
  const found: Comparison[] = [];
  for (const clause of splitClauses(source) ?? [""]) {
    const comparison = readComparison(clause);
    if (!comparison || !kindOf(comparison.name, subject)) return null;
    if (!operatorsOf(comparison.name, subject).includes(comparison.operator)) return null;
    found.push(comparison);
  }
  return found;
}
