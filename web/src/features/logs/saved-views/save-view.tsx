import { Button, Modal, Switch, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ProblemNotice } from "@/components/page/notice";
import { query } from "@/lib/api/client";
import { DEFAULT_RANGE } from "@/lib/time/time-range";
import type { LogsSearch } from "../logs-search";

type SaveViewProps = { project: string; search: LogsSearch; onClose: () => void; onSaved: () => void };

/** Saves filter, range and columns under a name. */
export function SaveView({ project, search, onClose, onSaved }: SaveViewProps) {
  const [name, setName] = useState(search.q ?? "");
  const [shared, setShared] = useState(false);
  const save = useMutation({
    mutationFn: async () =>
      query.POST("/api/v1/saved-views", {
        body: {
          project_id: project,
          name,
          shared,
          q: search.q ?? "",
          range:
            search.from || search.to
              ? `${search.from ?? ""}/${search.to ?? ""}`
              : (search.range ?? DEFAULT_RANGE),
          options: {
            view: search.view ?? "lines",
            columns: search.cols ?? [],
            facets: search.facets ?? [],
            collapse: search.collapse === "1",
          },
        },
      }),
    onSuccess: onSaved,
  });
  const handleSubmit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Modal opened onClose={onClose} title="Save this view">
      <form onSubmit={handleSubmit}>
        {save.error ? <ProblemNotice error={save.error} /> : null}
        <p className="soft">Filter, time range, columns and counts are saved.</p>
        <TextInput
          label="Name"
          required
          mt={12}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
        />
        <Switch
          label="Share it with everybody in the project"
          mt={12}
          checked={shared}
          onChange={(event) => setShared(event.currentTarget.checked)}
        />
        <Button type="submit" variant="filled" mt={16} loading={save.isPending}>
          Save view
        </Button>
      </form>
    </Modal>
  );
}
