// The filter is one text in Lucene syntax, which only the server evaluates. Here it is split into terms, to show finished
// ones as chips and to add or remove one.

/** A term of the top level of a filter: `-service:cart` is {text, field: "service", value: "cart", excluded: true}. */
export type FilterTerm = { text: string; field: string | null; value: string; excluded: boolean };

const FIELD = /^([A-Za-z_][\w.@/-]*|"(?:[^"\\]|\\.)+"):(?=.)/s;
const NEEDS_QUOTES = /[\s"():/\\<>=[\]{}*?]|^-|^(AND|OR|NOT)$|^$/;
/** Field names of the search language; everything else is an attribute. */
const BUILT_IN = new Set([
  "severity",
  "service",
  "test",
  "func",
  "source",
  "pattern",
  "id",
  "timestamp",
  "message",
]);

const API_FIELDS: Record<string, string> = { service_id: "service", test_id: "test", func_id: "func" };

/** Returns the end of the quoted text, expression, range or group that starts at `start`. */
function endOfUnit(text: string, start: number): number {
  const open = text[start];
  if (open === '"' || open === "/") {
    for (let index = start + 1; index < text.length; index += 1) {
      if (text[index] === "\\") index += 1;
      else if (text[index] === open) return index + 1;
    }
    return text.length;
  }
  let depth = 0;
  for (let index = start; index < text.length; index += 1) {
    const letter = text[index] ?? "";
    if (letter === "\\") index += 1;
    else if (letter === '"') index = endOfUnit(text, index) - 1;
    else if ("([{".includes(letter)) depth += 1;
    else if (")]}".includes(letter)) {
      depth -= 1;
      if (depth === 0) return index + 1;
    }
  }
  return text.length;
}

/** Splits a filter into its words, operators and groups included. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let start = -1;
  let index = 0;
  while (index < text.length) {
    const letter = text[index] ?? "";
    if (/\s/.test(letter)) {
      if (start >= 0) words.push(text.slice(start, index));
      start = -1;
      index += 1;
      continue;
    }
    const isUnitStart = start < 0 || /[:\-=<>]/.test(text[index - 1] ?? "");
    if (start < 0) start = index;
    if (letter === '"' || "([{".includes(letter) || (letter === "/" && isUnitStart))
      index = endOfUnit(text, index);
    else index += letter === "\\" ? 2 : 1;
  }
  if (start >= 0) words.push(text.slice(start));
  return words;
}

/** Reads one word of a filter. */
export function readTerm(text: string): FilterTerm {
  const excluded = text.startsWith("-") && text.length > 1;
  const body = excluded ? text.slice(1) : text;
  const field = FIELD.exec(body)?.[1] ?? null;
  const value = field === null ? body : body.slice(field.length + 1);
  return { text, field, value: unquote(value), excluded };
}

/** Whether all quotes and brackets of a word are closed. */
function isComplete(word: string): boolean {
  let depth = 0;
  for (let index = 0; index < word.length; index += 1) {
    const letter = word[index] ?? "";
    if (letter === "\\") index += 1;
    else if (letter === '"') {
      const end = endOfUnit(word, index);
      if (word[end - 1] !== '"' || end - 1 === index) return false;
      index = end - 1;
    } else if ("([{".includes(letter)) depth += 1;
    else if (")]}".includes(letter)) depth -= 1;
  }
  return depth === 0;
}

/** Splits a filter into its top-level terms. A filter with operators or groups is one term, because the order matters. */
export function splitTerms(filter: string): FilterTerm[] {
  const words = splitWords(filter.trim());
  const isPlain = words.every(
    (word) => !/^(AND|OR|NOT|&&|\|\||!.*)$/.test(word) && !/^-?\(/.test(word) && isComplete(word),
  );
  if (!isPlain) return [{ text: filter.trim(), field: null, value: filter.trim(), excluded: false }];
  return words.map(readTerm);
}

/** Splits a filter into what is shown as chips (finished field terms) and what stays text. */
export function splitChips(filter: string): { chips: FilterTerm[]; rest: string } {
  const terms = splitTerms(filter);
  const isChip = (term: FilterTerm) => term.field !== null && term.value !== "";
  return {
    chips: terms.filter(isChip),
    rest: terms
      .filter((term) => !isChip(term))
      .map((term) => term.text)
      .join(" "),
  };
}

export function joinTerms(terms: readonly (string | FilterTerm)[]): string {
  return terms
    .map((term) => (typeof term === "string" ? term.trim() : term.text))
    .filter(Boolean)
    .join(" ");
}

export function quote(value: string): string {
  return NEEDS_QUOTES.test(value) ? `"${value.replace(/[\\"]/g, "\\$&")}"` : value;
}

export function unquote(value: string): string {
  if (value.length < 2 || !value.startsWith('"') || !value.endsWith('"')) return value;
  return value.slice(1, -1).replace(/\\(.)/gs, "$1");
}

/** Returns the name of a field in the search language: service_id is "service", an attribute "attributes.<path>". */
export function searchField(apiField: string): string {
  const name = API_FIELDS[apiField] ?? apiField;
  if (BUILT_IN.has(name) || name.startsWith("attributes.")) return name;
  return `attributes.${name}`;
}

/** Writes a term that selects (or excludes) logs whose field has the value; null means that they lack the field. */
export function fieldTerm(apiField: string, value: string | null, excluded = false): string {
  const field = searchField(apiField);
  if (value === null) {
    const name = apiField.startsWith("attributes.") || apiField.endsWith("_id") ? apiField : field;
    return `${excluded ? "" : "-"}_exists_:${name}`;
  }
  return `${excluded ? "-" : ""}${field}:${quote(value)}`;
}

/** Adds a term. The opposite of it is removed, and a term that is there already is not repeated. */
export function addTerm(filter: string, term: string): string {
  const terms = splitTerms(filter).filter((item) => item.text !== "");
  const single = terms[0];
  if (terms.length === 1 && single && single.field === null && /\b(OR|AND|NOT)\b|^-?\(/.test(single.text)) {
    const grouped = /\bOR\b/.test(single.text) && !isOneGroup(single.text) ? `(${single.text})` : single.text;
    return `${grouped} ${term}`;
  }
  const opposite = term.startsWith("-") ? term.slice(1) : `-${term}`;
  const kept = terms.filter((item) => item.text !== opposite && item.text !== term);
  return joinTerms([...kept, term]);
}

function isOneGroup(text: string): boolean {
  return text.startsWith("(") && endOfUnit(text, 0) === text.length;
}

export function removeTerm(filter: string, term: string): string {
  return joinTerms(splitTerms(filter).filter((item) => item.text !== term));
}

export function hasTerm(filter: string, term: string): boolean {
  return splitTerms(filter).some((item) => item.text === term);
}
