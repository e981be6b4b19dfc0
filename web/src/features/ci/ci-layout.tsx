import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useParams } from "@tanstack/react-router";
import { useEffect } from "react";
import type { CiBridge } from "@/lib/api/client";
import { writeStored } from "@/lib/page/storage";
import { formatShortCount } from "@/lib/time/time";
import classes from "./ci-layout.module.css";
import { summaryOptions } from "./ci-queries";
import { PauseBanner } from "./pause/pause-banner";
import { PauseButton } from "./pause/pause-button";

type Summary = CiBridge["schemas"]["Summary"];

const TABS = [
  ["Pipelines", "/projects/$project/ci/pipelines", ({ pipelines }: Summary) => pipelines],
  ["Rules", "/projects/$project/ci/rules", ({ rules }: Summary) => rules.total],
  ["Workflows", "/projects/$project/ci/workflows", (summary: Summary) => summary.workflow_files],
  ["Chains", "/projects/$project/ci/chains", ({ chains }: Summary) => chains],
  ["Dispatches", "/projects/$project/ci/dispatches", ({ dispatches }: Summary) => dispatches.total],
  ["Runs", "/projects/$project/ci/runs", ({ runs }: Summary) => runs.total],
  ["Receivers", "/projects/$project/ci/receivers", ({ receivers }: Summary) => receivers],
  [
    "Notifications",
    "/projects/$project/ci/notifications",
    ({ notifications }: Summary) => notifications.total,
  ],
  ["Templates", "/projects/$project/ci/templates", ({ templates }: Summary) => templates],
  ["Approvals", "/projects/$project/ci/approvals", (summary: Summary) => summary.approvals_waiting],
] as const;

/** The parts of CI, each with how many records it has, and the kill switch. */
export function CiLayout() {
  const { project } = useParams({ from: "/signed-in/projects/$project/ci" });
  const summary = useQuery(summaryOptions(project));
  useEffect(() => writeStored("project", project), [project]);
  return (
    <>
      <div className={classes.bar}>
        <nav className={classes.tabs} aria-label="CI">
          {TABS.map(([name, to, count]) => (
            <Link key={name} to={to} params={{ project }} activeProps={{ "aria-current": "page" }}>
              {name}
              <span>{summary.data ? formatShortCount(count(summary.data)) : ""}</span>
            </Link>
          ))}
        </nav>
        <PauseButton project={project} />
      </div>
      <PauseBanner project={project} />
      <Outlet />
    </>
  );
}
