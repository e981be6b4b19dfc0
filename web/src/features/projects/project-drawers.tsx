import { Textarea, TextInput } from "@mantine/core";
import { RecordDrawer } from "@/components/records/record-drawer";
import { createProject, type Project, updateProject } from "./project-queries";

/** Returns a project id for a name: "My Shop" is "my-shop". */
export function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
}

export function CreateProject({
  onCreated,
  onClose,
}: {
  onCreated: (project: Project) => Promise<void>;
  onClose: () => void;
}) {
  const initial = { name: "", id: "", description: "", retention_days: "30" };
  return (
    <RecordDrawer
      title="New project"
      action="Create project"
      draftId="project:new"
      initial={initial}
      save={async ({ name, id, description, retention_days: days }) =>
        onCreated(await createProject(id || slugOf(name), name, description, Number(days)))
      }
      onClose={onClose}
    >
      {(form) => (
        <>
          <TextInput label="Name" placeholder="Shop" required data-autofocus {...form.text("name")} />
          <TextInput
            label="Id"
            description="Lower-case letters, digits and dashes. It is part of addresses and cannot change later."
            placeholder={slugOf(form.values.name) || "shop"}
            {...form.text("id")}
          />
          <Textarea label="Description" autosize minRows={2} {...form.text("description")} />
          <TextInput
            label="Days that logs are kept"
            type="number"
            min={1}
            max={3650}
            required
            {...form.text("retention_days")}
          />
        </>
      )}
    </RecordDrawer>
  );
}

export function EditProject({
  project,
  onSaved,
  onClose,
}: {
  project: Project;
  onSaved: (before: Project) => Promise<void>;
  onClose: () => void;
}) {
  return (
    <RecordDrawer
      title={`Project ${project.id}`}
      action="Save"
      draftId={`project:${project.id}`}
      initial={{ name: project.name, description: project.description }}
      save={async (values) => {
        await updateProject(project.id, values);
        await onSaved(project);
      }}
      onClose={onClose}
    >
      {(form) => (
        <>
          <TextInput label="Name" required data-autofocus {...form.text("name")} />
          <Textarea label="Description" autosize minRows={2} {...form.text("description")} />
        </>
      )}
    </RecordDrawer>
  );
}
