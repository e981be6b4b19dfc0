import { Modal, TextInput, UnstyledButton } from "@mantine/core";
import { type KeyboardEvent, useState } from "react";
import { type Command, useAllCommands } from "@/lib/page/commands";
import classes from "./commands.module.css";

/** The opened command palette: a field, and the commands that match what it holds. */
export function CommandDialog({ onClose }: { onClose: () => void }) {
  return (
    <Modal
      opened
      onClose={onClose}
      title="Go to or run"
      size={560}
      padding={8}
      yOffset="10vh"
      centered={false}
    >
      <CommandSearch onDone={onClose} />
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
