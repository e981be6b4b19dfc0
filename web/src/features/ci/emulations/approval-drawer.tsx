import { Button, Drawer, Switch } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Notice, ProblemNotice } from "@/components/page/notice";
import { SkeletonRows } from "@/components/page/skeleton";
import { Confirm } from "@/components/records/confirm";
import { useRights } from "@/lib/api/session";
import { formatMoment, useZone } from "@/lib/time/time";
import { approve, type Decision, forbid, type RequestView, requestOptions } from "./emulation-queries";
import classes from "./emulations.module.css";
import { TextDiff } from "./text-diff";

type Question = "approve" | "forbid" | null;
type DecisionProps = { project: string; decision: Decision };

/** The text of a workflow, what changed since the version that may run, and the decision about it. */
export function ApprovalDrawer({ project, decision, onClose }: DecisionProps & { onClose: () => void }) {
  const rights = useRights(project);
  const isKnown = decision.file !== null;
  const request = useQuery({ ...requestOptions(project, decision.sha256), enabled: isKnown });
  return (
    <Drawer opened onClose={onClose} title={decision.file ?? "A workflow"} size={760}>
      <Facts decision={decision} />
      {rights.administer ? (
        <Decide project={project} decision={decision} />
      ) : (
        <Notice tone="info">Administrators of the project decide which workflows run.</Notice>
      )}
      {request.error ? <ProblemNotice error={request.error} onRetry={() => void request.refetch()} /> : null}
      {isKnown && request.isPending && !request.error ? <SkeletonRows rows={8} /> : null}
      {isKnown ? null : <p className="muted">Only its hash is known, not its text.</p>}
      {request.data ? <Text request={request.data} /> : null}
    </Drawer>
  );
}

function Facts({ decision }: { decision: Decision }) {
  const [zone] = useZone();
  const at = (text: string | null) => (text ? `, ${formatMoment(new Date(text), zone)}` : "");
  return (
    <dl className={classes.facts}>
      <dt>SHA-256</dt>
      <dd className="mono">{decision.sha256}</dd>
      {decision.requestedBy ? (
        <>
          <dt>Requested by</dt>
          <dd>
            {decision.requestedBy}
            {at(decision.requestedAt)}
          </dd>
        </>
      ) : null}
      {decision.decidedBy ? (
        <>
          <dt>{decision.state === "approved" ? "Approved by" : "Rejected by"}</dt>
          <dd>
            {decision.decidedBy}
            {at(decision.decidedAt)}
          </dd>
        </>
      ) : null}
      <dt>Network</dt>
      <dd>{decision.network ? "its runs may reach the network" : "none"}</dd>
    </dl>
  );
}

function Text({ request }: { request: RequestView }) {
  const before = request.approved ?? null;
  return (
    <>
      <h3>{before ? "What changed since the version that was approved last" : "Text"}</h3>
      {before ? null : <p className="muted small">No version of {request.file} was approved before.</p>}
      <TextDiff label="Text of the workflow" before={before?.workflow ?? null} after={request.workflow} />
    </>
  );
}

function Decide({ project, decision }: DecisionProps) {
  const queryClient = useQueryClient();
  const [question, setQuestion] = useState<Question>(null);
  const [network, setNetwork] = useState(decision.network);
  const close = () => {
    setQuestion(null);
    decide.reset();
  };
  const decide = useMutation({
    mutationFn: async () => {
      if (question === "approve") await approve(project, decision.sha256, network);
      else await forbid(project, decision);
    },
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ["ci", project] });
      close();
    },
  });
  const name = decision.file ?? decision.sha256.slice(0, 12);
  const isApproved = decision.state === "approved";
  return (
    <div className="row" style={{ marginBottom: 12 }}>
      {isApproved ? null : (
        <Button variant="filled" onClick={() => setQuestion("approve")}>
          Approve…
        </Button>
      )}
      {decision.state === "rejected" ? null : (
        <Button onClick={() => setQuestion("forbid")}>{isApproved ? "Revoke…" : "Reject…"}</Button>
      )}
      <Confirm
        opened={question !== null}
        title={question === "approve" ? `May ${name} run?` : `Forbid ${name}?`}
        action={
          question === "approve" ? "Approve workflow" : isApproved ? "Revoke approval" : "Reject workflow"
        }
        busy={decide.isPending}
        error={decide.error}
        onClose={close}
        onConfirm={() => decide.mutate()}
      >
        {question === "approve" ? (
          <>
            <p>
              A workflow is a program. The emulator runs exactly this text in a sandbox, whenever a member or
              a rule starts it. Every other text needs an approval of its own.
            </p>
            <Switch
              mt={8}
              label="Its runs may reach the network"
              checked={network}
              onChange={(event) => setNetwork(event.currentTarget.checked)}
            />
          </>
        ) : (
          "The emulator no longer starts this text. A run that has begun continues; stop it on its page."
        )}
      </Confirm>
    </div>
  );
}
