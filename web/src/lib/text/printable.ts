// Characters that would change how text is shown: control characters, and marks that reverse the direction of text.
const ESCAPE = String.fromCharCode(27);
const BELL = String.fromCharCode(7);
const SEQUENCES = new RegExp(
  `${ESCAPE}(?:\\[[0-?]*[ -/]*[@-~]|\\][^${BELL}${ESCAPE}]*(?:${BELL}|${ESCAPE}\\\\)|[@-Z\\\\^_])`,
  "g",
);
const isInvisible = (code: number): boolean =>
  (code < 32 && code !== 9 && code !== 10) ||
  (code >= 0x7f && code < 0xa0) ||
  (code >= 0x202a && code <= 0x202e) ||
  (code >= 0x2066 && code <= 0x2069);

/** Returns text without terminal sequences, and with other invisible characters as their code: \u202e. */
export function printable(text: string): string {
  const plain = text.includes(ESCAPE) ? text.replace(SEQUENCES, "") : text;
  let result = "";
  let start = 0;
  for (let index = 0; index < plain.length; index += 1) {
    const code = plain.charCodeAt(index);
    if (!isInvisible(code)) continue;
    result += `${plain.slice(start, index)}\\u${code.toString(16).padStart(4, "0")}`;
    start = index + 1;
  }
  return start === 0 ? plain : result + plain.slice(start);
}
