import { useQuery } from "@tanstack/react-query";
import { Notice } from "@/components/page/notice";
import { counted } from "@/lib/text/counted";
import type { Run } from "../ci-queries";
import { StateMark } from "../state-mark";
import { type Emulation, emulationOptions } from "./emulation-queries";
import classes from "./emulations.module.css";

/** Says that act ran it, not GitHub, and everything that act is known to do differently with this workflow. */
export function RunNotes({ project, run }: { project: string; run: Run }) {
  const { data: emulation, isPending } = useQuery(emulationOptions(project, run.run_id));
  const findings = emulation?.findings ?? [];
  const errors = findings.filter(({ level }) => level === "error").length;
  return (
    <Notice tone={errors > 0 ? "error" : findings.length > 0 ? "warn" : "info"}>
      <strong>act {run.status === "completed" ? "ran" : "runs"} this in a sandbox, not GitHub.</strong>{" "}
      {isPending ? null : differences(emulation)}
      {findings.length > 0 ? (
        <ul className={classes.findings} aria-label="Differences from GitHub">
          {findings.map((finding) => (
            <li key={`${finding.code} ${finding.job} ${finding.message}`}>
              <StateMark tone={finding.level === "error" ? "bad" : "caution"}>{finding.code}</StateMark>{" "}
              {finding.job ? `job ${finding.job}: ` : ""}
              {finding.message}
            </li>
          ))}
        </ul>
      ) : null}
    </Notice>
  );
}

function differences(emulation: Emulation | undefined): string {
  if (!emulation) return "What it does differently is in the output of the job emulation.";
  const count = emulation.findings.length;
  if (count > 0) return `${counted(count, "difference")} from GitHub ${count === 1 ? "is" : "are"} known:`;
  if (emulation.state === "queued")
    return "The workflow is checked for differences when an emulator takes it.";
  if (emulation.state === "running") return "No difference from GitHub is known so far.";
  return "Nothing in the workflow is known to run differently on GitHub.";
}
