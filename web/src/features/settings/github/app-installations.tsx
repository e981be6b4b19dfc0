import { Button, Radio } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ProblemNotice } from "@/components/page/notice";
import { SkeletonRows } from "@/components/page/skeleton";
import classes from "../settings.module.css";
import { installationsOptions } from "./github-queries";
import { safeLink } from "./github-values";

type AppInstallationsProps = {
  scope: string | undefined;
  app: string;
  chosen: string;
  onChoose: (installation: string) => void;
};

/** The accounts on which the stored App is installed. One of them is used. */
export function AppInstallations({ scope, app, chosen, onChoose }: AppInstallationsProps) {
  const found = useQuery(installationsOptions(scope, app));
  const page = found.data ? safeLink(`${found.data.page}/installations/new`) : null;
  const items = found.data?.items ?? [];
  return (
    <section aria-label="Installations">
      <h2 className={classes.heading}>Installations of {found.data?.name ?? `App ${app}`}</h2>
      {found.error ? <ProblemNotice error={found.error} onRetry={() => void found.refetch()} /> : null}
      {found.isPending ? <SkeletonRows rows={2} label="Asking GitHub" /> : null}
      {found.data && items.length === 0 ? (
        <p className="soft">It is not installed on any account yet. Install it, then look again.</p>
      ) : null}
      <Radio.Group aria-label="Installation to use" value={chosen} onChange={onChoose}>
        <div className={classes.choices}>
          {items.map((item) => (
            <Radio
              key={item.id}
              value={item.id}
              disabled={item.suspended}
              label={item.account}
              description={`${item.repositories === "all" ? "every repository" : "selected repositories"}${item.suspended ? ", suspended" : ""}`}
            />
          ))}
        </div>
      </Radio.Group>
      <div className="row" style={{ marginTop: 12, marginBottom: 16 }}>
        {page ? (
          <a href={page} target="_blank" rel="noopener noreferrer">
            Install it on an account
          </a>
        ) : null}
        <Button variant="subtle" loading={found.isFetching} onClick={() => void found.refetch()}>
          Look again
        </Button>
      </div>
    </section>
  );
}
