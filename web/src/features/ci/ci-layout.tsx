import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useParams } from "@tanstack/react-router";
import { useEffect } from "react";
import { writeStored } from "@/lib/storage";
import classes from "./ci-layout.module.css";
import { countsOptions } from "./ci-queries";

const TABS = [
  ["Pipelines", "/projects/$project/ci/pipelines", "pipelines"],
  ["Rules", "/projects/$project/ci/rules", "rules"],
  ["Dispatches", "/projects/$project/ci/dispatches", "dispatches"],
  ["Runs", "/projects/$project/ci/runs", "runs"],
  ["Templates", "/projects/$project/ci/templates", "templates"],
] as const;

/** The parts of CI, each with how many records it has. */
export function CiLayout() {
  const { project } = useParams({ from: "/signed-in/projects/$project/ci" });
  const counts = useQuery(countsOptions(project));
  useEffect(() => writeStored("project", project), [project]);
  return (
    <>
      <nav className={classes.tabs} aria-label="CI">
        {TABS.map(([name, to, key]) => (
          <Link key={name} to={to} params={{ project }} activeProps={{ "aria-current": "page" }}>
            {name}
            <span>{counts.data?.[key] ?? ""}</span>
          </Link>
        ))}
      </nav>
      <Outlet />
    </>
  );
}
