import { ActionIcon, Button } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { copyText } from "@/lib/page/clipboard";

/** Copies a text and says so for two seconds. */
export function CopyButton({
  text,
  label,
  iconOnly = false,
}: {
  text: string;
  label: string;
  iconOnly?: boolean;
}) {
  const [copied, setCopied] = useState<boolean | null>(null);
  useEffect(() => {
    if (copied === null) return undefined;
    const timer = setTimeout(() => setCopied(null), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const icon = copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />;
  const handleClick = () => void copyText(text).then(setCopied);
  const state = copied === null ? label : copied ? "Copied" : "Not copied: select the text";
  if (iconOnly) {
    return (
      <ActionIcon size={24} aria-label={state} title={state} onClick={handleClick}>
        {icon}
      </ActionIcon>
    );
  }
  return (
    <Button leftSection={icon} onClick={handleClick}>
      {state}
    </Button>
  );
}
