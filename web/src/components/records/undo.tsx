import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Notice, ProblemNotice } from "@/components/page/notice";

type Done = { text: string; undo: (() => Promise<unknown>) | undefined };

/** Says in place what was changed, and offers to change it back. */
export function useUndo(): {
  notice: ReactNode;
  /** Reports a change; without `undo` it cannot be changed back. */
  report: (text: string, undo?: () => Promise<unknown>) => void;
} {
  const [done, setDone] = useState<Done | null>(null);
  const back = useMutation({
    mutationFn: async (undo: () => Promise<unknown>) => undo(),
    onSuccess: () => setDone({ text: "Undone.", undo: undefined }),
  });
  const report = (text: string, undo?: () => Promise<unknown>) => {
    back.reset();
    setDone({ text, undo });
  };
  if (!done) return { notice: null, report };
  const { text, undo } = done;
  const notice = (
    <>
      {back.error ? <ProblemNotice error={back.error} title="Nothing is undone." /> : null}
      <Notice
        tone="info"
        action={
          <>
            {undo ? (
              <Button loading={back.isPending} onClick={() => back.mutate(undo)}>
                Undo
              </Button>
            ) : null}
            <Button variant="subtle" onClick={() => setDone(null)}>
              Close
            </Button>
          </>
        }
      >
        {text}
      </Notice>
    </>
  );
  return { notice, report };
}
