import { ActionIcon, Button, Menu } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { type ReactNode, useEffect } from "react";
import { ProblemNotice } from "@/components/page/notice";
import { SkeletonRows } from "@/components/page/skeleton";
import { itemsOf, type Pages } from "@/lib/api/paged";
import { useCommands } from "@/lib/page/commands";
import { formatCount } from "@/lib/time/time";
import classes from "./resource-table.module.css";

export type Column<T> = {
  name: string;
  cell: (item: T) => ReactNode;
  numeric?: boolean;
  /** Left out on narrow screens. */
  wide?: boolean;
};
export type RowAction = { name: string; run: () => void };

type ResourceTableProps<T> = {
  /** What the rows are, in plural: "projects". */
  label: string;
  pages: Pages<T>;
  columns: readonly Column<T>[];
  keyOf: (item: T) => string;
  nameOf: (item: T) => string;
  /** What the user may do with a row. Leave it out for those who may only read. */
  actions?: ((item: T) => readonly RowAction[]) | undefined;
  openKey?: string | undefined;
  onOpen?: ((key: string) => void) | undefined;
  /** Keeps the rows that it accepts. All pages are read then, because the server does not know this filter. */
  filter?: ((item: T) => boolean) | undefined;
  /** The order of the rows that are read; without it, the order of the server. */
  order?: ((a: T, b: T) => number) | undefined;
  /** Shown when there is no record at all: what they are, and how to create one. */
  empty: ReactNode;
};

/** A table of records that the server returns page by page. */
export function ResourceTable<T>(props: ResourceTableProps<T>) {
  const { label, pages, filter, openKey, onOpen } = props;
  const { hasNextPage, isFetchingNextPage, fetchNextPage, error } = pages;
  const loaded = itemsOf(pages);
  const matching = filter ? loaded.filter(filter) : loaded;
  const items = props.order ? matching.toSorted(props.order) : matching;
  const readsAll = filter !== undefined && hasNextPage && !error;
  useEffect(() => {
    if (readsAll && !isFetchingNextPage) void fetchNextPage();
  }, [readsAll, isFetchingNextPage, fetchNextPage]);
  const openIndex = items.findIndex((item) => props.keyOf(item) === openKey);
  const move = (step: 1 | -1) => {
    const start = openIndex < 0 && step < 0 ? items.length : openIndex;
    const target = items[Math.max(0, Math.min(items.length - 1, start + step))];
    if (target) onOpen?.(props.keyOf(target));
  };
  // J and K without Shift move in a log list, if the page shows one below the table.
  useCommands(
    onOpen
      ? [
          {
            id: "row-next",
            label: "Next row",
            group: "Table",
            keys: ["j", "Shift+j"],
            run: () => move(1),
            inPalette: false,
          },
          {
            id: "row-previous",
            label: "Previous row",
            group: "Table",
            keys: ["k", "Shift+k"],
            run: () => move(-1),
            inPalette: false,
          },
        ]
      : [],
  );
  if (pages.isPending && !error) return <SkeletonRows rows={12} label={`Reading the ${label}`} />;
  return (
    <div className={classes.area}>
      {error ? <ProblemNotice error={error} onRetry={() => void pages.refetch()} /> : null}
      {loaded.length === 0 && !error ? <div className={classes.empty}>{props.empty}</div> : null}
      {loaded.length > 0 ? <Rows {...props} items={items} /> : null}
      {loaded.length > 0 && items.length === 0 && !readsAll ? (
        <div className={classes.empty}>
          None of {formatCount(loaded.length)} {label} matches.
        </div>
      ) : null}
      {hasNextPage && loaded.length > 0 ? (
        <div className={classes.more}>
          <span className="muted">
            {readsAll ? "Searching, " : ""}
            {formatCount(loaded.length)} {label} read
          </span>
          {readsAll ? null : (
            <Button loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              Show more
            </Button>
          )}
        </div>
      ) : null}
    </div>
  );
}

function Rows<T>(props: ResourceTableProps<T> & { items: readonly T[] }) {
  const { columns, actions, openKey, onOpen } = props;
  return (
    <table className={classes.table} aria-label={props.label}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.name} className={cellClass(column)}>
              {column.name}
            </th>
          ))}
          {actions ? (
            <th>
              <span className="visually-hidden">Actions</span>
            </th>
          ) : null}
        </tr>
      </thead>
      <tbody>
        {props.items.map((item) => {
          const key = props.keyOf(item);
          return (
            <tr
              key={key}
              className={classes.row}
              data-selected={key === openKey || undefined}
              data-opens={onOpen ? true : undefined}
              aria-selected={onOpen ? key === openKey : undefined}
              onClick={() => {
                if (onOpen && !window.getSelection()?.toString()) onOpen(key);
              }}
            >
              {columns.map((column) => (
                <td key={column.name} className={cellClass(column)}>
                  {column.cell(item)}
                </td>
              ))}
              {actions ? (
                <td className={classes.actions}>
                  <RowMenu name={props.nameOf(item)} actions={actions(item)} />
                </td>
              ) : null}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function cellClass<T>(column: Column<T>): string | undefined {
  return [column.numeric ? "number" : "", column.wide ? classes.wide : ""].join(" ").trim() || undefined;
}

/** What may be done with a row. */
export function RowMenu({ name, actions }: { name: string; actions: readonly RowAction[] }) {
  if (actions.length === 0) return null;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keeps a click on the menu from opening the row.
    // biome-ignore lint/a11y/useKeyWithClickEvents: as above.
    <span onClick={(event) => event.stopPropagation()}>
      <Menu>
        <Menu.Target>
          <ActionIcon size={24} aria-label={`Actions for ${name}`}>
            <IconDots size={16} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {actions.map((action) => (
            <Menu.Item key={action.name} onClick={action.run}>
              {action.name}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </span>
  );
}
