import { CertaintyMark } from "@/components/certainty-mark";
import { verdictName } from "./verdict-name";

/** How certain a report is, as a shape and a word. */
export function VerdictMark({ verdict }: { verdict: string | null | undefined }) {
  return (
    <CertaintyMark certainty={verdict === "confirmed" ? "full" : verdict === "likely" ? "half" : "none"}>
      {verdictName(verdict)}
    </CertaintyMark>
  );
}
