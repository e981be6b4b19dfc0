// What the programs of the clients share: their arguments, and the messages that they send.

const [url, key, run, count, special] = process.argv.slice(2);
const TWO_YEARS_MS = 2 * 365 * 86_400_000;
const OVERSIZE = 400_000;

export const given = { url, key };

// The numbered messages of a run, with their times. The first is too long, or from the future, if that is asked for.
export function* messages() {
  for (let number = 0; number < Number(count); number++) {
    let text = `${run} number ${number}`;
    let time = Date.now();
    if (number === 0 && special === "oversize") text += " x".repeat(OVERSIZE / 2);
    if (number === 0 && special === "bad entry") time += TWO_YEARS_MS;
    yield { text, time };
  }
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
