import { TextInput } from "@mantine/core";
import { RecordDrawer } from "@/components/records/record-drawer";
import { formField } from "@/components/records/use-record-form";
import { createTest, type Test, updateTest } from "./test-queries";

const DAY_LENGTH = 10;
const FIELDS: Record<string, string> = { quarantined_until: "until", quarantine_reason: "reason" };

/** Creates a test, or changes one. */
export function TestDrawer({
  project,
  test,
  onSaved,
  onClose,
}: {
  project: string;
  test: Test | null;
  onSaved: (saved: Test) => Promise<void>;
  onClose: () => void;
}) {
  const initial = {
    test_id: "",
    name: test?.name ?? "",
    func_id: test?.func_id ?? "",
    service_id: test?.service_id ?? "",
    owner: test?.owner ?? "",
    until: test?.quarantined_until?.slice(0, DAY_LENGTH) ?? "",
    reason: test?.quarantine_reason ?? "",
  };
  const save = async (values: typeof initial) => {
    const { test_id: id, name, until } = values;
    const kept = until === initial.until ? test?.quarantined_until : undefined;
    const fields = {
      func_id: values.func_id || null,
      service_id: values.service_id || null,
      owner: values.owner || null,
      quarantined_until: until ? (kept ?? `${until}T23:59:59Z`) : null,
      quarantine_reason: until ? values.reason || null : null,
    };
    const saved = test
      ? await updateTest(project, test.test_id, { ...fields, name: name || test.test_id })
      : await createTest({ project_id: project, test_id: id, ...fields, name: name || null });
    await onSaved(saved);
  };
  return (
    <RecordDrawer
      title={test ? "Test" : "New test"}
      action={test ? "Save" : "Create test"}
      draftId={`test:${project}:${test?.test_id ?? ""}`}
      initial={initial}
      fieldOf={(field) => FIELDS[formField(field)] ?? formField(field)}
      save={save}
      onClose={onClose}
    >
      {(form) => (
        <>
          {test ? (
            <p className="mono soft">{test.test_id}</p>
          ) : (
            <TextInput
              label="Id"
              description="As the test has it in its logs. It cannot change later."
              placeholder="tests/test_pay.py::test_card"
              required
              data-autofocus
              {...form.text("test_id")}
            />
          )}
          <TextInput label="Name" placeholder="pays by card" {...form.text("name")} />
          <TextInput label="Function" placeholder="checkout.pay:charge" {...form.text("func_id")} />
          <TextInput label="Service" placeholder="checkout" {...form.text("service_id")} />
          <TextInput label="Owner" placeholder="payments" {...form.text("owner")} />
          <TextInput
            type="date"
            label="In quarantine until"
            description="The end of this day in UTC, at most 90 days ahead. Until then its failures are tolerated."
            {...form.text("until")}
          />
          {form.values.until ? (
            <TextInput
              label="Reason of the quarantine"
              placeholder="waits for the new clock, SHOP-17"
              required
              maxLength={500}
              {...form.text("reason")}
            />
          ) : null}
        </>
      )}
    </RecordDrawer>
  );
}
