import { Modal, TextInput, UnstyledButton } from "@mantine/core";
import { useNavigate, useParams } from "@tanstack/react-router";
import { type KeyboardEvent, useState, useSyncExternalStore } from "react";
import { useSession } from "@/lib/api/session";
import { type Command, useAllCommands, useCommands } from "@/lib/page/commands";
import { areasOf } from "./areas";
import classes from "./shell.module.css";
import { useColorScheme } from "./use-color-scheme";

let opened = false;
const listeners = new Set<() => void>();
function setOpened(value: boolean): void {
  opened = value;
  for (const listener of listeners) listener();
}
export const openPalette = (): void => setOpened(true);

function usePaletteOpened(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => opened,
  );
}

function useGlobalCommands(): Command[] {
  const navigate = useNavigate();
  const { project } = useParams({ strict: false });
  const { scheme, choose } = useColorScheme();
  const session = useSession();
  const areas = project ? areasOf(project) : [];
  return [
    {
      id: "palette",
      label: "Open the command palette",
      group: "Everywhere",
      keys: ["Ctrl+k"],
      run: openPalette,
      inFields: true,
      inPalette: false,
    },
    {
      id: "theme",
      label: `Use the ${scheme === "dark" ? "light" : "dark"} theme`,
      group: "Everywhere",
      keys: [],
      run: () => choose(scheme === "dark" ? "light" : "dark"),
    },
    ...areas.map(
      ({ name, to, params }): Command => ({
        id: `go-${name}`,
        label: `Go to ${name}`,
        group: "Go to",
        keys: [],
        run: () => void navigate({ to, params }),
      }),
    ),
    ...(session?.projects ?? []).map(
      (item): Command => ({
        id: `project-${item.project_id}`,
        label: `Open project ${item.name}`,
        group: "Projects",
        keys: [],
        run: () => void navigate({ to: "/projects/$project/logs", params: { project: item.project_id } }),
      }),
    ),
  ];
}

/** Goes to a page or runs a command by its name. */
export function CommandPalette() {
  const isOpened = usePaletteOpened();
  useCommands(useGlobalCommands());
  if (!isOpened) return null;
  return (
    <Modal
      opened
      onClose={() => setOpened(false)}
      title="Go to or run"
      size={560}
      padding={8}
      yOffset="10vh"
      centered={false}
    >
      <CommandSearch onDone={() => setOpened(false)} />
    </Modal>
  );
}

function matches(command: Command, text: string): boolean {
  const label = command.label.toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => label.includes(word));
}

function CommandSearch({ onDone }: { onDone: () => void }) {
  const [text, setText] = useState("");
  const [selected, setSelected] = useState(0);
  const commands = useAllCommands().filter(
    (command) => command.inPalette !== false && matches(command, text),
  );
  const current = Math.min(selected, Math.max(0, commands.length - 1));
  const run = (command: Command | undefined) => {
    if (!command) return;
    onDone();
    command.run();
  };
  const handleKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setSelected(
        (current + (event.key === "ArrowDown" ? 1 : commands.length - 1)) % Math.max(1, commands.length),
      );
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(commands[current]);
    }
  };
  return (
    <>
      <TextInput
        data-autofocus
        placeholder="Go to or run…"
        aria-label="Command"
        role="combobox"
        aria-expanded
        aria-controls="commands"
        aria-activedescendant={commands[current] ? `command-${commands[current].id}` : undefined}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setSelected(0);
        }}
        onKeyDown={handleKeyDown}
      />
      <div id="commands" role="listbox" aria-label="Commands" className={classes.palette}>
        {commands.map((command, index) => (
          <UnstyledButton
            key={command.id}
            id={`command-${command.id}`}
            role="option"
            aria-selected={index === current}
            tabIndex={-1}
            className={classes.command}
            style={{ width: "100%", background: index === current ? "var(--accent-soft)" : undefined }}
            onMouseMove={() => setSelected(index)}
            onClick={() => run(command)}
          >
            <span className="grow">{command.label}</span>
            <span className="muted small">{command.group}</span>
            {command.keys[0] ? <kbd>{command.keys[0]}</kbd> : null}
          </UnstyledButton>
        ))}
        {commands.length === 0 ? (
          <p className="muted" style={{ padding: 8 }}>
            Nothing has this name.
          </p>
        ) : null}
      </div>
    </>
  );
}
