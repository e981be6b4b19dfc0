import { Button, Modal, Textarea } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Notice, ProblemNotice } from "@/components/page/notice";
import { formatCount } from "@/lib/time/time";
import { mergePreviewOptions } from "./pattern-edits";
import classes from "./pattern-table.module.css";
import { PatternText } from "./pattern-text";

type MergePatternsProps = {
  project: string;
  /** The patterns to unite. */
  selected: readonly string[];
  onSave: (template: string) => Promise<unknown>;
  onClose: () => void;
};

const PAUSE_MS = 300;

/** Shows the template that unites the selected patterns, which may be edited, and what it unites. */
export function MergePatterns({ project, selected, onSave, onClose }: MergePatternsProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const [settled] = useDebouncedValue(typed, PAUSE_MS);
  const preview = useQuery(mergePreviewOptions(project, selected, settled));
  const save = useMutation({ mutationFn: onSave });
  const template = typed ?? preview.data?.template ?? "";
  const isCurrent = typed === settled;
  const handleSubmit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(template);
  };
  return (
    <Modal opened onClose={onClose} title={`Merge ${formatCount(selected.length)} patterns`} size={640}>
      <form onSubmit={handleSubmit}>
        {save.error ? <ProblemNotice error={save.error} /> : null}
        <Textarea
          label="Template"
          description="<*> stands for what varies. Every pattern that fits is united under it."
          autosize
          minRows={2}
          maxRows={8}
          required
          maxLength={4000}
          value={template}
          onChange={(event) => setTyped(event.currentTarget.value)}
          data-autofocus
        />
        {preview.error && isCurrent ? <ProblemNotice error={preview.error} /> : null}
        {preview.data && isCurrent ? (
          <>
            {preview.data.left_out.length > 0 ? (
              <Notice tone="warn">
                {formatCount(preview.data.left_out.length)} of the selected patterns do not fit:{" "}
                {preview.data.left_out.join(" · ")}
              </Notice>
            ) : null}
            <p className="soft">Unites {formatCount(preview.data.count)} patterns of the project:</p>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: keys scroll a long list. */}
            <ul className={classes.united} aria-label="Patterns that are united" tabIndex={0}>
              {preview.data.patterns.map((pattern) => (
                <li key={pattern}>
                  <PatternText pattern={pattern} />
                </li>
              ))}
            </ul>
          </>
        ) : null}
        <Button
          type="submit"
          variant="filled"
          mt={16}
          loading={save.isPending}
          disabled={!template || (isCurrent && preview.error !== null)}
        >
          Merge
        </Button>
      </form>
    </Modal>
  );
}
