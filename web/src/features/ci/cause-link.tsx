import { Link } from "@tanstack/react-router";
import type { Dispatch } from "./ci-queries";

/** What the id of a cause names: logs have ids with dashes, runs "<number>.<attempt>", analyses ULIDs. */
export function causeKind(id: string): "log" | "analysis" | "run" {
  if (/^\d+(\.\d+)?$/.test(id)) return "run";
  return id.includes("-") ? "log" : "analysis";
}

/** Returns the id of a run without its attempt. */
const runOf = (id: string) => id.split(".")[0] ?? id;

/** A link to the log line, run or analysis with an id. */
export function SubjectLink({ project, id }: { project: string; id: string }) {
  switch (causeKind(id)) {
    case "log":
      return (
        <Link
          className="underlined"
          to="/projects/$project/logs/$log"
          params={{ project, log: id }}
          title={id}
        >
          the line
        </Link>
      );
    case "run":
      return (
        <Link
          className="underlined"
          to="/projects/$project/ci/runs/$run"
          params={{ project, run: runOf(id) }}
        >
          run {runOf(id)}
        </Link>
      );
    default:
      return (
        <Link
          className="underlined"
          to="/projects/$project/analyses/$analysis"
          params={{ project, analysis: id }}
          title={id}
        >
          the analysis
        </Link>
      );
  }
}

/** What caused a dispatch: a log line, an analysis, a run, or a person. */
export function CauseLink({ project, dispatch }: { project: string; dispatch: Dispatch }) {
  const [cause] = dispatch.cause ?? [];
  if (!cause) return <span className="soft">{dispatch.created_by ?? "started by hand"}</span>;
  return <SubjectLink project={project} id={cause} />;
}
