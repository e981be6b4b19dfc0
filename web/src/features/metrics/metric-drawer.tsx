import { Select, Textarea, TextInput } from "@mantine/core";
import { RecordDrawer } from "@/components/records/record-drawer";
import { createMetric, type Metric, updateMetric } from "./metric-queries";

const KINDS = [
  { value: "gauge", label: "Gauge: goes up and down" },
  { value: "counter", label: "Counter: only grows" },
];

/** Creates a metric, or changes one. */
export function MetricDrawer({
  project,
  metric,
  onSaved,
  onClose,
}: {
  project: string;
  metric: Metric | null;
  onSaved: (saved: Metric) => Promise<void>;
  onClose: () => void;
}) {
  const initial = {
    name: metric?.name ?? "",
    unit: metric?.unit ?? "",
    description: metric?.description ?? "",
    service_id: "",
    kind: "gauge",
  };
  const save = async ({ service_id: service, kind, ...fields }: typeof initial) => {
    const saved = metric
      ? await updateMetric(metric.id, fields)
      : await createMetric({
          project_id: project,
          service_id: service || null,
          kind: kind === "counter" ? "counter" : "gauge",
          ...fields,
        });
    await onSaved(saved);
  };
  return (
    <RecordDrawer
      title={metric ? `Metric ${metric.name}` : "New metric"}
      action={metric ? "Save" : "Create metric"}
      draftId={`metric:${project}:${metric?.id ?? ""}`}
      initial={initial}
      save={save}
      onClose={onClose}
    >
      {(form) => (
        <>
          <TextInput
            label="Name"
            placeholder="http.request.duration"
            required
            data-autofocus
            {...form.text("name")}
          />
          <TextInput label="Unit" placeholder="ms" {...form.text("unit")} />
          {metric ? null : (
            <>
              <TextInput
                label="Service"
                description="Empty: the whole project. It cannot change later."
                placeholder="checkout"
                {...form.text("service_id")}
              />
              <Select
                label="Kind"
                description="It cannot change later."
                data={KINDS}
                {...form.choice("kind")}
              />
            </>
          )}
          <Textarea label="Description" autosize minRows={2} {...form.text("description")} />
        </>
      )}
    </RecordDrawer>
  );
}
