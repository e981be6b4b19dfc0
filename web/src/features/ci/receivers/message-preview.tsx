import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { ProblemNotice } from "@/components/page/notice";
import { previewMessage, type ReceiverKind } from "./receiver-queries";
import { type ReceiverValues, readTemplate } from "./receiver-values";
import classes from "./receivers.module.css";

/** A message about sample lines, as the server would send it with what is typed. */
export function MessagePreview({ project, values }: { project: string; values: ReceiverValues }) {
  const kind = values.kind as ReceiverKind;
  const preview = useMutation({
    mutationFn: async () =>
      previewMessage(project, kind, kind === "webhook" ? (readTemplate(values.template) as never) : null),
  });
  const shown = preview.data;
  return (
    <section aria-label="Preview">
      <Button loading={preview.isPending} onClick={() => preview.mutate()}>
        Preview the message
      </Button>
      {preview.error ? <ProblemNotice error={preview.error} title="No preview." /> : null}
      {shown ? (
        <pre className={classes.message}>
          {shown.body
            ? JSON.stringify(shown.body, null, 2)
            : `Subject: ${shown.subject ?? ""}\n\n${shown.text ?? ""}`}
        </pre>
      ) : null}
    </section>
  );
}
