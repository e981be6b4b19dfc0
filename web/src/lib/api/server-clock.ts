// The clock of this computer may be wrong. Relative ranges follow the server's clock, which its responses tell.
let offsetMs = 0;

// The time in a Date header may be this old: it has whole seconds, and a server may refresh it once a second.
const HEADER_BEHIND_MS = 2000;

/**
 * Notes the time that a response names. The server made it at some moment between `sent` and `received`, in
 * milliseconds of this computer's clock, so a slow response alone never moves the time of the server.
 */
export function noteServerTime(date: string | null, sent: number, received: number): void {
  const server = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(server)) return;
  const least = server - received;
  const most = server + HEADER_BEHIND_MS - sent;
  offsetMs = Math.min(Math.max(offsetMs, least), most);
}

/** Returns the time of the server. */
export function serverNow(): Date {
  return new Date(Date.now() + offsetMs);
}
