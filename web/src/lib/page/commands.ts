import { useEffect, useRef, useSyncExternalStore } from "react";

/** Something that the user can do by key or from the command palette. */
export type Command = {
  id: string;
  label: string;
  /** Where it belongs in the help: "Log list", "Everywhere". */
  group: string;
  /** Keys as KeyboardEvent.key has them, with "Ctrl+" or "Shift+" in front; "" when there is none. */
  keys: string[];
  run: (event?: KeyboardEvent) => void;
  /** Whether it also works while the focus is in a text field or a dialog. */
  inFields?: boolean;
  /** Whether the palette lists it; moving a cursor is of no use there. */
  inPalette?: boolean;
};

let registered: readonly (readonly Command[])[] = [];
let all: readonly Command[] = [];
const listeners = new Set<() => void>();

function publish(next: readonly (readonly Command[])[]): void {
  registered = next;
  all = next.flat();
  for (const listener of listeners) listener();
}

/** Registers commands while the component is mounted. Later registrations win over earlier ones with the same keys. */
export function useCommands(commands: readonly Command[]): void {
  const latest = useRef(commands);
  latest.current = commands;
  const shape = commands
    .map((command) => `${command.id}\n${command.label}\n${command.keys.join(" ")}`)
    .join("\n\n");
  // biome-ignore lint/correctness/useExhaustiveDependencies: the shape stands for the commands; their actions are read when they run.
  useEffect(() => {
    const stable = latest.current.map((command, index) => ({
      ...command,
      run: (event?: KeyboardEvent) => latest.current[index]?.run(event),
    }));
    publish([...registered, stable]);
    return () => publish(registered.filter((group) => group !== stable));
  }, [shape]);
}

export function useAllCommands(): readonly Command[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => all,
  );
}

/** Names the keys of an event in the notation of Command.keys. */
export function keyName(event: KeyboardEvent): string {
  const modifiers = [event.ctrlKey || event.metaKey ? "Ctrl+" : "", event.altKey ? "Alt+" : ""].join("");
  const isLetter = /^[a-z]$/i.test(event.key);
  const shift = event.shiftKey && (isLetter || event.key.length > 1) ? "Shift+" : "";
  return modifiers + shift + (isLetter ? event.key.toLowerCase() : event.key);
}

function isField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable || target.matches("input, textarea, select, [role=combobox], [role=slider]")
  );
}

function isWidget(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest("[role=dialog], [role=menu], [role=listbox]") && key !== "Escape") return true;
  return (key === "Enter" || key === " ") && target.matches("a, button, summary, [role=button], [role=tab]");
}

function handleKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const name = keyName(event);
  const inField = isField(event.target);
  const inWidget = isWidget(event.target, event.key);
  for (let index = all.length - 1; index >= 0; index -= 1) {
    const command = all[index];
    if (!command?.keys.includes(name) || ((inField || inWidget) && !command.inFields)) continue;
    event.preventDefault();
    command.run(event);
    return;
  }
}

/** Starts listening for keys; returns the function that stops it. */
export function listenForKeys(): () => void {
  document.addEventListener("keydown", handleKey);
  return () => document.removeEventListener("keydown", handleKey);
}
