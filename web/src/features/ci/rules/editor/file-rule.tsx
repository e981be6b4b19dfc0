import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Notice, ProblemNotice } from "@/components/page/notice";
import { Confirm } from "@/components/records/confirm";
import { draftOf, type Rule, ruleOptions, updateRule } from "@/features/ci/rules/rule-queries";
import { FileLink } from "@/features/ci/workflows/file-link";
import type { FileSource } from "@/features/ci/workflows/workflow-queries";
import { useRights } from "@/lib/api/session";

type FileRuleProps = { project: string; rule: Rule; source: FileSource };

/** Says which workflow file states the rule, and switches it off and on: all else is edited in the file. */
export function FileRule({ project, rule, source }: FileRuleProps) {
  const rights = useRights(project);
  const queryClient = useQueryClient();
  const [asks, setAsks] = useState(false);
  const change = useMutation({
    mutationFn: () => updateRule(rule.id, { ...draftOf(rule), enabled: !rule.enabled }),
    onSuccess: async (stored) => {
      setAsks(false);
      queryClient.setQueryData(ruleOptions(rule.id).queryKey, stored);
      await queryClient.invalidateQueries({ queryKey: ["ci", project] });
    },
  });
  const action = !rights.edit ? null : rule.enabled ? (
    <Button loading={change.isPending} onClick={() => change.mutate()}>
      Switch off
    </Button>
  ) : (
    <Button onClick={() => setAsks(true)}>Switch on…</Button>
  );
  return (
    <>
      {change.error && !asks ? <ProblemNotice error={change.error} title="The rule is not changed." /> : null}
      <Notice tone="info" action={action}>
        The workflow file <FileLink project={project} source={source} /> of {source.repository} states this
        rule. It is edited in the file; here it can be switched off and on, and back-tested.
      </Notice>
      <Confirm
        opened={asks}
        title={`Switch on ${rule.name}?`}
        action="Switch on"
        busy={change.isPending}
        error={change.error}
        onClose={() => setAsks(false)}
        onConfirm={() => change.mutate()}
      >
        When it fires, it starts a workflow, at most {rule.budget?.per_day ?? 20} times a day.
      </Confirm>
    </>
  );
}
