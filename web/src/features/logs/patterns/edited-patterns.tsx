import { Button, Modal } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { ProblemNotice } from "@/components/page/notice";
import { SkeletonRows } from "@/components/page/skeleton";
import { type PatternEdit, patternEditsOptions } from "./pattern-edits";
import classes from "./pattern-table.module.css";
import { PatternText } from "./pattern-text";

type EditedPatternsProps = {
  project: string;
  onUndo: (edit: PatternEdit) => Promise<unknown>;
  onClose: () => void;
};

/** What people have decided about patterns of the project, also about those that are not listed now. */
export function EditedPatterns({ project, onUndo, onClose }: EditedPatternsProps) {
  const edits = useQuery(patternEditsOptions(project));
  const undo = useMutation({ mutationFn: onUndo });
  return (
    <Modal opened onClose={onClose} title="Edited patterns" size={640}>
      {edits.error ? <ProblemNotice error={edits.error} onRetry={() => void edits.refetch()} /> : null}
      {undo.error ? <ProblemNotice error={undo.error} title="Nothing is undone." /> : null}
      {edits.isPending && !edits.error ? <SkeletonRows rows={4} /> : null}
      {edits.data?.length === 0 ? <p className="soft">Nobody has edited a pattern of this project.</p> : null}
      <ul className={classes.edits} aria-label="Edited patterns">
        {edits.data?.map((edit) => (
          <li key={edit.id}>
            <span className="grow">
              <span className="mono">
                <PatternText pattern={edit.template} />
              </span>
              <span className="muted small">{wordsFor(edit)}</span>
            </span>
            <Button
              loading={undo.isPending && undo.variables?.id === edit.id}
              onClick={() => undo.mutate(edit)}
            >
              Undo
            </Button>
          </li>
        ))}
      </ul>
    </Modal>
  );
}

function wordsFor(edit: PatternEdit): string {
  const action = edit.action === "merge" ? "merged" : edit.action === "split" ? "split" : null;
  const words = [action, edit.name ? `named ${edit.name}` : null, edit.pinned ? "pinned" : null];
  return words.filter(Boolean).join(" · ");
}
