import { ActionIcon, Menu } from "@mantine/core";
import { IconStar, IconTrash } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { Confirm } from "@/components/records/confirm";
import { query } from "@/lib/api/client";
import { useRights, useSession } from "@/lib/api/session";
import { DEFAULT_RANGE } from "@/lib/time/time-range";
import { type SavedView, savedViewsOptions } from "../log-queries";
import { type LogsSearch, readLogsSearch } from "../logs-search";

const SaveView = lazy(async () => ({ default: (await import("./save-view")).SaveView }));

type SavedViewsMenuProps = {
  project: string;
  search: LogsSearch;
  views: readonly SavedView[];
  onOpen: (search: LogsSearch) => void;
};

/** Returns the address of a saved view. Everything that it does not hold is reset. */
export function searchOfView(view: SavedView): LogsSearch {
  const [from, to] = view.range.includes("/") ? view.range.split("/") : [undefined, undefined];
  const read = readLogsSearch({
    q: view.q,
    ...(from || to ? { from, to } : { range: view.range === DEFAULT_RANGE ? undefined : view.range }),
    view: view.options.view,
    cols: view.options.columns,
    facets: view.options.facets,
    collapse: view.options.collapse ? "1" : undefined,
  });
  const empty = {
    q: undefined,
    range: undefined,
    from: undefined,
    to: undefined,
    view: undefined,
    live: undefined,
  };
  return { ...empty, cols: undefined, facets: undefined, collapse: undefined, open: undefined, ...read };
}

/** Saved searches: personal ones, and those shared with the project. */
export function SavedViewsMenu({ project, search, views, onOpen }: SavedViewsMenuProps) {
  const [saving, setSaving] = useState(false);
  const [deleted, setDeleted] = useState<SavedView | null>(null);
  const session = useSession();
  const rights = useRights(project);
  const queryClient = useQueryClient();
  const refresh = () => queryClient.invalidateQueries({ queryKey: savedViewsOptions(project).queryKey });
  const remove = useMutation({
    mutationFn: async (id: string) =>
      query.DELETE("/api/v1/saved-views/{view_id}", { params: { path: { view_id: id } } }),
    onSuccess: async () => {
      setDeleted(null);
      await refresh();
    },
  });
  const mayDelete = (view: SavedView) => view.owner.id === session?.id || rights.administer;
  return (
    <>
      <Menu>
        <Menu.Target>
          <ActionIcon variant="default" size={32} aria-label="Saved views" title="Saved views">
            <IconStar size={16} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>Saved views</Menu.Label>
          {views.map((view) => (
            <div key={view.id} className="row">
              <Menu.Item onClick={() => onOpen(searchOfView(view))}>
                {view.name}{" "}
                <span className="muted small">
                  {view.shared ? `shared by ${view.owner.name}` : "personal"}
                </span>
              </Menu.Item>
              {mayDelete(view) ? (
                <ActionIcon
                  size={24}
                  aria-label={`Delete the view ${view.name}`}
                  onClick={() => setDeleted(view)}
                >
                  <IconTrash size={14} aria-hidden />
                </ActionIcon>
              ) : null}
            </div>
          ))}
          {views.length === 0 ? <Menu.Label>None yet</Menu.Label> : null}
          {rights.edit ? (
            <>
              <Menu.Divider />
              <Menu.Item onClick={() => setSaving(true)}>Save this view…</Menu.Item>
            </>
          ) : null}
        </Menu.Dropdown>
      </Menu>
      {saving ? (
        <Suspense fallback={null}>
          <SaveView
            project={project}
            search={search}
            onClose={() => setSaving(false)}
            onSaved={() => {
              setSaving(false);
              void refresh();
            }}
          />
        </Suspense>
      ) : null}
      <Confirm
        opened={deleted !== null}
        title={`Delete the view ${deleted?.name ?? ""}?`}
        action="Delete view"
        busy={remove.isPending}
        error={remove.error}
        onClose={() => setDeleted(null)}
        onConfirm={() => deleted && remove.mutate(deleted.id)}
      >
        {deleted?.shared ? "It disappears for everybody in the project." : "Its logs are not touched."}
      </Confirm>
    </>
  );
}
