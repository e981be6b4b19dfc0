// The clock of this computer may be wrong. Relative ranges follow the server's clock, which its responses tell.
let offsetMs = 0;

/** Notes the time that a response was made. Its Date header has whole seconds, so small differences are ignored. */
export function noteServerTime(date: string | null, now: number = Date.now()): void {
  const server = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(server)) return;
  const difference = server - now;
  offsetMs = Math.abs(difference) > 2000 ? difference : 0;
}

/** Returns the time of the server. */
export function serverNow(): Date {
  return new Date(Date.now() + offsetMs);
}
