import { CertaintyMark } from "@/components/certainty-mark";
import type { FailureVerdict } from "./comparison-queries";
import { certaintyOf, verdictName } from "./verdict-words";

/** What kind of failure it is, as a shape and a word. */
export function FailureMark({ verdict }: { verdict: FailureVerdict }) {
  return <CertaintyMark certainty={certaintyOf(verdict)}>{verdictName(verdict)}</CertaintyMark>;
}
