import { Switch } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { NotAllowed } from "@/components/page/not-allowed";
import { ProblemNotice } from "@/components/page/notice";
import { SkeletonRows } from "@/components/page/skeleton";
import { TextPage } from "@/components/page/text-page";
import { useApiRequests } from "@/lib/api/api-requests";
import { useSession } from "@/lib/api/session";
import { usePageTitle } from "@/lib/page/page-title";
import classes from "../settings.module.css";
import { ProviderSection } from "./provider-form";
import { saveSignInRules, signInRulesOptions } from "./sign-in-queries";

/** How people sign in to this installation. */
export function SignInSettingsPage() {
  const session = useSession();
  usePageTitle("Signing in");
  if (session?.is_admin) return <SignInSettings />;
  return <NotAllowed>Administrators of the installation see and change how people sign in.</NotAllowed>;
}

function SignInSettings() {
  useApiRequests([
    {
      name: "Rules of signing in",
      method: "GET",
      path: "/api/v1/settings/sign-in",
      operation: "settings_sign_in_read",
    },
    {
      name: "Identity provider",
      method: "GET",
      path: "/api/v1/settings/sign-on",
      operation: "settings_sign_on_read",
    },
  ]);
  return (
    <TextPage title="Signing in" intro="These settings apply to everyone who uses this installation.">
      <h2 className={classes.heading}>With a password</h2>
      <PasswordRules />
      <h2 className={classes.heading}>With an identity provider</h2>
      <ProviderSection />
    </TextPage>
  );
}

function PasswordRules() {
  const queryClient = useQueryClient();
  const rules = useQuery(signInRulesOptions);
  const save = useMutation({
    mutationFn: saveSignInRules,
    onSuccess: (saved) => queryClient.setQueryData(signInRulesOptions.queryKey, saved),
  });
  if (rules.error) return <ProblemNotice error={rules.error} onRetry={() => void rules.refetch()} />;
  if (!rules.data) return <SkeletonRows />;
  const current = rules.data;
  return (
    <>
      {save.error ? <ProblemNotice error={save.error} title="Nothing is saved." /> : null}
      <Switch
        label="Require two-factor sign-in"
        description="Users with a password have to set it up before they can do anything else, also in open sessions."
        checked={current.two_factor_required ?? false}
        disabled={save.isPending}
        onChange={(event) => save.mutate({ ...current, two_factor_required: event.currentTarget.checked })}
      />
      <Switch
        mt={12}
        label="Only the identity provider signs people in"
        description="Passwords work for administrators on the machine itself, in case the provider is down."
        checked={current.only_provider ?? false}
        disabled={save.isPending}
        onChange={(event) => save.mutate({ ...current, only_provider: event.currentTarget.checked })}
      />
    </>
  );
}
