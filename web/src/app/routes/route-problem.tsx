import { Button } from "@mantine/core";
import { type ErrorComponentProps, Link, useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { ProblemNotice } from "@/components/page/notice";
import { asProblem } from "@/lib/api/problem";

const CHUNK_ERROR = /dynamically imported module|Importing a module script failed/;

/** Shown when a page cannot be built. After an update of the app, its old parts are gone, so it reloads once. */
export function RouteProblem({ error }: ErrorComponentProps) {
  const router = useRouter();
  const problem = asProblem(error);
  useEffect(() => {
    if (!CHUNK_ERROR.test(problem.message)) return;
    const last = Number(sessionStorage.getItem("logloop.reloaded") ?? 0);
    if (Date.now() - last < 10_000) return;
    sessionStorage.setItem("logloop.reloaded", String(Date.now()));
    location.reload();
  }, [problem.message]);
  useEffect(() => {
    if (!problem.isOutage) return undefined;
    const timer = setInterval(() => void router.invalidate(), 3000);
    return () => clearInterval(timer);
  }, [problem.isOutage, router]);
  return <ProblemNotice error={error} onRetry={() => void router.invalidate()} />;
}

export function NotFound() {
  return (
    <div style={{ padding: 24 }}>
      <h1>Nothing is here</h1>
      <p className="soft">The address is wrong, or what it named was deleted.</p>
      <Button mt={12} component={Link} to="/">
        Open the logs
      </Button>
    </div>
  );
}
