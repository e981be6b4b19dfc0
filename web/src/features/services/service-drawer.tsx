import { Textarea, TextInput } from "@mantine/core";
import { RecordDrawer } from "@/components/records/record-drawer";
import { labelsText, readLabels } from "./labels";
import { createService, type Service, updateService } from "./service-queries";

/** Creates a service, or changes one. */
export function ServiceDrawer({
  project,
  service,
  onSaved,
  onClose,
}: {
  project: string;
  service: Service | null;
  onSaved: (saved: Service) => Promise<void>;
  onClose: () => void;
}) {
  const initial = {
    id: service?.id ?? "",
    name: service?.name ?? "",
    description: service?.description ?? "",
    repository: service?.repository ?? "",
    labels: labelsText(service?.labels ?? {}),
  };
  const save = async ({ id, name, description, repository, labels }: typeof initial) => {
    const fields = {
      name: name || id,
      description,
      repository: repository || null,
      labels: readLabels(labels),
    };
    const saved = service
      ? await updateService(project, service.id, fields)
      : await createService({ project_id: project, id, ...fields });
    await onSaved(saved);
  };
  return (
    <RecordDrawer
      title={service ? `Service ${service.id}` : "New service"}
      action={service ? "Save" : "Create service"}
      draftId={`service:${project}:${service?.id ?? ""}`}
      initial={initial}
      save={save}
      onClose={onClose}
    >
      {(form) => (
        <>
          {service ? null : (
            <TextInput
              label="Id"
              description="As the service has it in its logs. It cannot change later."
              placeholder="checkout"
              required
              data-autofocus
              {...form.text("id")}
            />
          )}
          <TextInput
            label="Name"
            placeholder={form.values.id || "Checkout"}
            data-autofocus={service ? true : undefined}
            {...form.text("name")}
          />
          <Textarea label="Description" autosize minRows={2} {...form.text("description")} />
          <TextInput
            label="GitHub repository"
            placeholder="acme/shop"
            description="Workflows of this repository can be started for it."
            {...form.text("repository")}
          />
          <Textarea
            label="Labels"
            description="One on each line, such as team: payments"
            autosize
            minRows={2}
            {...form.text("labels")}
          />
        </>
      )}
    </RecordDrawer>
  );
}
