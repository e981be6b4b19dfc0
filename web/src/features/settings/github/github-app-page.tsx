import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { Notice, ProblemNotice } from "@/components/page/notice";
import { SkeletonRows } from "@/components/page/skeleton";
import { TextPage } from "@/components/page/text-page";
import { useApiRequests } from "@/lib/api/api-requests";
import { useSession } from "@/lib/api/session";
import { usePageTitle } from "@/lib/page/page-title";
import { readStored } from "@/lib/page/storage";
import { completeApp } from "./github-queries";
import { safeLink } from "./github-values";

/** Where GitHub sends people back: with the code of a new App, or after an App was installed. */
export function GithubAppPage() {
  const { code, state } = useSearch({ from: "/signed-in/github-app" });
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const session = useSession();
  const complete = useMutation({
    mutationFn: async (given: { code: string; state: string }) => completeApp(given.code, given.state),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ["settings"] });
      // The code is used: a reload must not send it again.
      await navigate({ to: "/github-app", search: {}, replace: true });
    },
  });
  const sent = useRef(false);
  const { mutate } = complete;
  useEffect(() => {
    if (!code || !state || sent.current) return;
    sent.current = true;
    mutate({ code, state });
  }, [code, state, mutate]);
  usePageTitle("GitHub App");
  useApiRequests([
    {
      name: "Store the App",
      method: "POST",
      path: "/api/v1/ci/github/apps/complete",
      operation: "github_app_complete",
    },
  ]);
  const created = complete.data;
  const project = created?.project_id ?? readStored("project") ?? session?.projects[0]?.project_id;
  const page = created ? safeLink(`${created.page}/installations/new`) : null;
  return (
    <TextPage title="GitHub App" intro="GitHub sent you back to Logloop.">
      {complete.error ? (
        <ProblemNotice error={complete.error} title="The App is not stored." />
      ) : created ? (
        <Notice tone="info">
          The App {created.name} is stored, its key encrypted.{" "}
          {created.has_webhook_secret
            ? "GitHub delivers webhooks to this address."
            : "GitHub cannot reach this address with webhooks, so runs are polled."}{" "}
          Next, install it on an account, and choose the installation in the settings.
        </Notice>
      ) : code ? (
        <SkeletonRows rows={2} label="Storing the App" />
      ) : (
        <Notice tone="info">Choose the installation in the settings.</Notice>
      )}
      <div className="row" style={{ marginTop: 16 }}>
        {page ? (
          <a href={page} target="_blank" rel="noopener noreferrer">
            Install it on GitHub
          </a>
        ) : null}
        {project ? (
          <Button
            renderRoot={(props) => (
              <Link
                to="/projects/$project/settings/github"
                params={{ project }}
                search={created && created.project_id === null ? { scope: "default" } : {}}
                {...props}
              />
            )}
          >
            To the GitHub settings
          </Button>
        ) : null}
      </div>
    </TextPage>
  );
}
