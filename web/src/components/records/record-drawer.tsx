import { Button, Drawer } from "@mantine/core";
import type { FormEvent, ReactNode } from "react";
import { Notice, ProblemNotice } from "@/components/page/notice";
import { ApiProblem } from "@/lib/api/problem";
import classes from "./record-drawer.module.css";
import { type RecordForm, type RecordFormOptions, useRecordForm } from "./use-record-form";

type RecordDrawerProps<V extends object> = RecordFormOptions<V> & {
  title: string;
  /** The word on the button: "Create project". */
  action: string;
  /** The fields of the form. */
  children: (form: RecordForm<V>) => ReactNode;
  onClose: () => void;
};

/** A form for one record, at the side of the page. Closing it keeps what was typed; Cancel forgets it. */
export function RecordDrawer<V extends object>(props: RecordDrawerProps<V>) {
  const { title, action, children, onClose } = props;
  const { form, mutation, hasDraft, areErrorsShown, discard } = useRecordForm(props);
  const isSignedOut = mutation.error instanceof ApiProblem && mutation.error.status === 401;
  const handleSubmit = (event: FormEvent) => {
    event.preventDefault();
    mutation.mutate(form.values, { onSuccess: onClose });
  };
  const handleCancel = () => {
    discard();
    onClose();
  };
  return (
    <Drawer opened onClose={onClose} title={title}>
      {hasDraft && !mutation.isSuccess ? (
        <Notice tone="info" action={<Button onClick={discard}>Start over</Button>}>
          This is what you typed before.
        </Notice>
      ) : null}
      {areErrorsShown ? (
        <Notice tone="error">Nothing is saved. Correct the marked fields.</Notice>
      ) : isSignedOut ? (
        <Notice tone="error">Nothing is saved, because your session ended. Sign in and save again.</Notice>
      ) : mutation.error ? (
        <ProblemNotice error={mutation.error} title="Nothing is saved." />
      ) : null}
      <form className={classes.form} onSubmit={handleSubmit}>
        {children(form)}
        <div className={classes.buttons}>
          <Button type="submit" variant="filled" loading={mutation.isPending}>
            {action}
          </Button>
          <Button variant="subtle" onClick={handleCancel}>
            Cancel
          </Button>
        </div>
      </form>
    </Drawer>
  );
}
