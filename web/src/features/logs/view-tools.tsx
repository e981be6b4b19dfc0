import { ActionIcon, Menu, SegmentedControl } from "@mantine/core";
import {
  IconBaselineDensitySmall,
  IconDownload,
  IconFold,
  IconLink,
  IconTextWrap,
} from "@tabler/icons-react";
import { pathWith } from "@/lib/api/api-requests";
import { copyText } from "@/lib/page/clipboard";
import { useCommands } from "@/lib/page/commands";
import { useStoredChoice } from "@/lib/page/storage";
import classes from "./log-viewer.module.css";
import type { ChangeSearch, LogsSearch, LogsView } from "./logs-search";
import type { ResolvedScope } from "./use-log-scope";

const EXPORTS = [
  ["ndjson", "NDJSON"],
  ["csv", "CSV"],
  ["parquet", "Parquet"],
  ["arrow", "Arrow"],
] as const;

type ViewToolsProps = { search: LogsSearch; onChange: ChangeSearch; resolved: ResolvedScope };

/** How the lines of the scope are shown, and what leaves the page: export and link. */
export function ViewTools({ search, onChange, resolved }: ViewToolsProps) {
  const [wrap, setWrap] = useStoredChoice("wrap", ["off", "on"]);
  const [density, setDensity] = useStoredChoice("density", ["compact", "comfortable"]);
  const view = search.view ?? "lines";
  const toggleWrap = () => setWrap(wrap === "on" ? "off" : "on");
  const toggleCollapse = () => onChange({ collapse: search.collapse ? undefined : "1" });
  const share = () => void copyText(shareLink(search, resolved));
  useCommands([
    { id: "wrap", label: "Wrap long lines", group: "Logs", keys: ["w"], run: toggleWrap },
    { id: "collapse", label: "Collapse repeats", group: "Logs", keys: [], run: toggleCollapse },
    { id: "share", label: "Copy a link to this view", group: "Logs", keys: [], run: share },
  ]);
  return (
    <span className={classes.tools}>
      <SegmentedControl
        aria-label="View"
        data={[
          { value: "lines", label: "Lines" },
          { value: "patterns", label: "Patterns" },
          { value: "json", label: "JSON" },
        ]}
        value={view}
        onChange={(next) => onChange({ view: next === "lines" ? undefined : (next as LogsView) })}
      />
      {view === "patterns" ? null : (
        <>
          <ActionIcon
            size={24}
            aria-label="Wrap long lines"
            title="Wrap long lines (W)"
            aria-pressed={wrap === "on"}
            onClick={toggleWrap}
          >
            <IconTextWrap size={16} aria-hidden />
          </ActionIcon>
          <ActionIcon
            size={24}
            aria-label="Higher rows"
            title="Higher rows"
            aria-pressed={density === "comfortable"}
            onClick={() => setDensity(density === "comfortable" ? "compact" : "comfortable")}
          >
            <IconBaselineDensitySmall size={16} aria-hidden />
          </ActionIcon>
          <ActionIcon
            size={24}
            aria-label="Collapse repeats"
            title="Collapse repeats"
            aria-pressed={search.collapse === "1"}
            onClick={toggleCollapse}
          >
            <IconFold size={16} aria-hidden />
          </ActionIcon>
        </>
      )}
      <Menu>
        <Menu.Target>
          <ActionIcon size={24} aria-label="Export" title="Export">
            <IconDownload size={16} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>Export all matching lines as</Menu.Label>
          {EXPORTS.map(([format, name]) => (
            <Menu.Item
              key={format}
              component="a"
              href={pathWith("/api/v1/logs/export", { ...resolved.scope, format })}
              download
            >
              {name}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <ActionIcon
        size={24}
        aria-label="Copy a link to this view"
        title="Copy a link to this view"
        onClick={share}
      >
        <IconLink size={16} aria-hidden />
      </ActionIcon>
    </span>
  );
}

/** Returns a link that shows the same lines tomorrow: a relative range becomes two moments. */
function shareLink(search: LogsSearch, resolved: ResolvedScope): string {
  const url = new URL(location.href);
  if (!search.from && !search.to && resolved.start) {
    url.searchParams.delete("range");
    url.searchParams.set("from", resolved.start.toISOString());
    url.searchParams.set("to", resolved.end.toISOString());
  }
  return url.toString();
}
