import { SegmentedControl, Switch, TextInput } from "@mantine/core";
import { RecordDrawer } from "@/components/records/record-drawer";
import { KindFields } from "./kind-fields";
import { MessagePreview } from "./message-preview";
import { type Receiver, saveReceiver } from "./receiver-queries";
import { draftOf, KINDS, type ReceiverValues, receiverField, SECRETS, valuesOf } from "./receiver-values";
import { TimingFields } from "./timing-fields";

type ReceiverDrawerProps = {
  project: string;
  receiver: Receiver | null;
  onSaved: () => Promise<void>;
  onClose: () => void;
};

/** Creates a receiver, or changes one. Its secrets are written, and never shown. */
export function ReceiverDrawer({ project, receiver, onSaved, onClose }: ReceiverDrawerProps) {
  const save = async (values: ReceiverValues) => {
    await saveReceiver(project, receiver?.id ?? null, draftOf(values));
    await onSaved();
  };
  return (
    <RecordDrawer
      title={receiver ? `Receiver ${receiver.name}` : "New receiver"}
      action={receiver ? "Save" : "Create receiver"}
      draftId={`receiver:${project}:${receiver?.id ?? ""}`}
      initial={valuesOf(receiver)}
      secrets={SECRETS}
      fieldOf={receiverField}
      save={save}
      onClose={onClose}
    >
      {(form) => (
        <>
          <TextInput label="Name" placeholder="On call" required data-autofocus {...form.text("name")} />
          <SegmentedControl
            fullWidth
            aria-label="Kind"
            data={KINDS.map(([value, label]) => ({ value, label }))}
            value={form.values.kind}
            onChange={(kind) => form.set("kind", kind)}
          />
          <KindFields form={form} stored={receiver?.kind === form.values.kind ? receiver.secrets : []} />
          <MessagePreview project={project} values={form.values} />
          <TimingFields form={form} />
          <Switch
            label="On: rules that name it send to it"
            checked={form.values.enabled}
            onChange={(event) => form.set("enabled", event.currentTarget.checked)}
          />
        </>
      )}
    </RecordDrawer>
  );
}
