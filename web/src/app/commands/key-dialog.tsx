import { Modal } from "@mantine/core";
import { useAllCommands } from "@/lib/page/commands";
import classes from "./commands.module.css";

/** The keys that work on this page. */
export function KeyDialog({ onClose }: { onClose: () => void }) {
  const commands = useAllCommands().filter((command) => command.keys.length > 0);
  const groups = [...new Set(commands.map((command) => command.group))];
  return (
    <Modal opened onClose={onClose} title="Keys" size={560}>
      {groups.map((group) => (
        <section key={group} className={classes.helpGroup}>
          <h3 className="muted">{group}</h3>
          {commands
            .filter((command) => command.group === group)
            .map((command) => (
              <div key={command.id} className={classes.helpRow}>
                {command.label}
                <span className="row">
                  {command.keys.map((key) => (
                    <kbd key={key}>{key === " " ? "Space" : key.replace("Arrow", "")}</kbd>
                  ))}
                </span>
              </div>
            ))}
        </section>
      ))}
    </Modal>
  );
}
