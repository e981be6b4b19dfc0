import type { ReactNode } from "react";
import { LoopStrip } from "@/components/loop-strip";

const STEPS = [
  ["log", "Log", "a line or a pattern"],
  ["explanation", "Rule", "a condition holds"],
  ["workflow", "Workflow", "GitHub runs it"],
  ["log", "Log", "its output"],
] as const;

/** What a kind of record is for, where it stands in the loop, and the next step. */
export function CiEmpty({
  title,
  reached,
  children,
  action,
}: {
  title: string;
  /** How many steps of the loop exist already. */
  reached: number;
  children: ReactNode;
  action?: ReactNode;
}) {
  return (
    <>
      <h2>{title}</h2>
      <div style={{ width: "100%", maxWidth: 560 }}>
        <LoopStrip
          steps={STEPS.map(([kind, name, note], index) => ({
            kind,
            name,
            note,
            state: index < reached ? "done" : index === reached ? "now" : "next",
          }))}
        />
      </div>
      <div className="soft" style={{ maxWidth: 640 }}>
        {children}
      </div>
      {action}
    </>
  );
}
