import { Button, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ProblemNotice } from "@/components/page/notice";
import { ciBridge, content } from "@/lib/api/client";
import type { Template, TemplateDraft } from "../ci-queries";
import classes from "./template-drawer.module.css";
import { sampleValues } from "./template-fields";

function readValues(text: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** What the saved template sends for sample values, as the server renders it. */
export function TemplatePreview({ template, draft }: { template: Template | null; draft: TemplateDraft }) {
  const sample = JSON.stringify(sampleValues(draft.fields ?? []), null, 2);
  const [typed, setTyped] = useState<string | null>(null);
  const text = typed ?? sample;
  const values = readValues(text);
  const preview = useMutation({
    mutationFn: async (id: string) =>
      content(
        await ciBridge.POST("/api/v1/ci/templates/{template_id}/preview", {
          params: { path: { template_id: id } },
          body: { values: values ?? {} },
        }),
      ),
  });
  return (
    <section aria-label="Preview" className={classes.form}>
      <h3>Preview</h3>
      <Textarea
        label="Sample values"
        description="By key, or by source such as stats.count."
        autosize
        minRows={3}
        maxRows={12}
        value={text}
        error={values ? undefined : "This is not a JSON object."}
        classNames={{ input: "mono" }}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      {preview.error ? <ProblemNotice error={preview.error} /> : null}
      {preview.data ? (
        <pre className={classes.preview}>
          {JSON.stringify(
            { event_type: preview.data.event_type, client_payload: preview.data.payload },
            null,
            2,
          )}
        </pre>
      ) : null}
      <div className="row">
        <Button
          disabled={!template || !values}
          loading={preview.isPending}
          onClick={() => template && preview.mutate(template.id)}
        >
          Show the payload
        </Button>
        <span className="muted small">
          {template ? "The saved version is rendered; nothing is sent." : "Create the template first."}
        </span>
      </div>
    </section>
  );
}
