import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { ProblemNotice } from "@/components/page/notice";
import type { RowAction } from "@/components/records/resource-table";
import { useUndo } from "@/components/records/undo";
import { useRights } from "@/lib/api/session";
import { formatCount } from "@/lib/time/time";
import type { PatternCount } from "../log-queries";
import { decide, decisionOn } from "./pattern-edits";
import classes from "./pattern-table.module.css";

const RenamePattern = lazy(async () => ({ default: (await import("./rename-pattern")).RenamePattern }));
const MergePatterns = lazy(async () => ({ default: (await import("./merge-patterns")).MergePatterns }));
const EditedPatterns = lazy(async () => ({ default: (await import("./edited-patterns")).EditedPatterns }));

type Dialog = { kind: "rename"; item: PatternCount } | { kind: "merge" } | { kind: "edits" };

export type PatternEditing = {
  /** What a user may do with a pattern. */
  actions: (item: PatternCount) => readonly RowAction[];
  /** The patterns that are selected for a merge, or null while nobody selects any. */
  selected: readonly string[] | null;
  toggle: (pattern: string) => void;
  /** Opens the list of all edits. */
  showEdits: () => void;
  /** What is selected or was just done. */
  notice: ReactNode;
  dialogs: ReactNode;
};

/** Naming, pinning, splitting and merging patterns, for those who may. */
export function usePatternEditing(project: string, items: readonly PatternCount[]): PatternEditing | null {
  const rights = useRights(project);
  const queryClient = useQueryClient();
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const [selected, setSelected] = useState<readonly string[] | null>(null);
  const [failed, setFailed] = useState<unknown>(null);
  const { notice, report } = useUndo();
  if (!rights.edit) return null;

  const apply: typeof decide = async (...decision) => {
    setFailed(null);
    const id = await decide(...decision);
    await Promise.all(
      [["logs"], ["pattern-edits", project]].map((queryKey) => queryClient.invalidateQueries({ queryKey })),
    );
    return id;
  };
  /** Changes a decision at once, and offers to change it back. */
  const change = (item: PatternCount, changed: Partial<ReturnType<typeof decisionOn>>, done: string) => {
    const template = { id: item.id, text: item.pattern };
    const before = decisionOn(item);
    apply(project, template, { ...before, ...changed })
      .then(() => report(done, async () => apply(project, template, before)))
      .catch(setFailed);
  };
  const close = () => setDialog(null);

  const rename = async (item: PatternCount, name: string | null) =>
    name === item.name
      ? item.id
      : apply(project, { id: item.id, text: item.pattern }, { ...decisionOn(item), name });

  const merge = async (text: string) => {
    const known = items.find((item) => item.pattern === text);
    const before = known ? decisionOn(known) : { action: null, name: null, pinned: false };
    const id = await apply(project, { id: "", text }, { ...before, action: "merge" });
    setSelected(null);
    close();
    report(`Merged under ${text}`, async () => apply(project, { id, text }, before));
  };

  const actions = (item: PatternCount): RowAction[] => [
    { name: "Rename…", run: () => setDialog({ kind: "rename", item }) },
    item.pinned
      ? { name: "Unpin", run: () => change(item, { pinned: false }, "Unpinned.") }
      : { name: "Pin", run: () => change(item, { pinned: true }, "Pinned: it comes first.") },
    ...(item.merged > 1 && item.edit === null
      ? [{ name: "Split", run: () => change(item, { action: "split" as const }, `Split ${item.pattern}`) }]
      : []),
    { name: "Merge with…", run: () => setSelected([item.pattern]) },
    ...(item.edit === null
      ? []
      : [
          {
            name: `Undo the ${item.edit}`,
            run: () => change(item, { action: null }, `The ${item.edit} is undone.`),
          },
        ]),
  ];

  return {
    actions,
    selected,
    toggle: (pattern) =>
      setSelected((before) => {
        const others = before?.filter((item) => item !== pattern) ?? [];
        return before?.includes(pattern) ? others : [...others, pattern];
      }),
    showEdits: () => setDialog({ kind: "edits" }),
    notice: (
      <>
        {failed ? <ProblemNotice error={failed} /> : null}
        {selected ? (
          <div className={classes.summary} role="status">
            <span>{formatCount(selected.length)} selected. Select the patterns to merge.</span>
            <Button disabled={selected.length < 2} onClick={() => setDialog({ kind: "merge" })}>
              Merge…
            </Button>
            <Button variant="subtle" onClick={() => setSelected(null)}>
              Cancel
            </Button>
          </div>
        ) : (
          notice
        )}
      </>
    ),
    dialogs: (
      <Suspense fallback={null}>
        {dialog?.kind === "rename" ? (
          <RenamePattern
            item={dialog.item}
            onSave={async (name) => rename(dialog.item, name)}
            onClose={close}
          />
        ) : null}
        {dialog?.kind === "merge" && selected ? (
          <MergePatterns project={project} selected={selected} onSave={merge} onClose={close} />
        ) : null}
        {dialog?.kind === "edits" ? (
          <EditedPatterns
            project={project}
            onUndo={async (edit) =>
              apply(
                project,
                { id: edit.id, text: edit.template },
                { action: null, name: null, pinned: false },
              )
            }
            onClose={close}
          />
        ) : null}
      </Suspense>
    ),
  };
}
