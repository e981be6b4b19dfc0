import { formatCount } from "@/lib/time/time";

/** Writes a number with its noun: "1 user", "2 users", "2 entries". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
