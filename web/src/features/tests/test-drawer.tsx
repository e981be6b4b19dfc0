import { TextInput } from "@mantine/core";
import { RecordDrawer } from "@/components/records/record-drawer";
import { createTest, type Test, updateTest } from "./test-queries";

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
  };
  const save = async ({ test_id: id, name, func_id: func, service_id: service }: typeof initial) => {
    const fields = { func_id: func || null, service_id: service || null };
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
        </>
      )}
    </RecordDrawer>
  );
}
