import { lazy, type ReactNode, Suspense } from "react";

export type ConfirmProps = {
  opened: boolean;
  title: string;
  children: ReactNode;
  /** The word on the button, such as "Delete project". */
  action: string;
  /** When given, the user has to type it first. */
  typeToConfirm?: string;
  busy?: boolean;
  error?: unknown;
  onConfirm: () => void;
  onClose: () => void;
};

const ConfirmDialog = lazy(async () => ({ default: (await import("./confirm-dialog")).ConfirmDialog }));

/** Asks before something that cannot be undone. */
export function Confirm({ opened, ...props }: ConfirmProps) {
  if (!opened) return null;
  return (
    <Suspense fallback={null}>
      <ConfirmDialog opened {...props} />
    </Suspense>
  );
}
