import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";
import { readStored, writeStored } from "@/lib/page/storage";
import classes from "./analyze-panel.module.css";

const MIN = 360;
const MAX = 640;
const INITIAL = 432;
const STEP = 16;

const clamp = (width: number): number => Math.round(Math.min(MAX, Math.max(MIN, width)));

/** The width of the panel, remembered by the browser. */
export function usePanelWidth(): [number, (width: number) => void] {
  const [width, setWidth] = useState(() => clamp(Number(readStored("panelWidth")) || INITIAL));
  const set = (next: number) => {
    setWidth(clamp(next));
    writeStored("panelWidth", String(clamp(next)));
  };
  return [width, set];
}

/** The left edge of the panel: dragged, or moved with the arrow keys. */
export function ResizeHandle({ width, onChange }: { width: number; onChange: (width: number) => void }) {
  const start = useRef<{ x: number; width: number } | null>(null);
  const handleDown = (event: PointerEvent<HTMLDivElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    start.current = { x: event.clientX, width };
  };
  const handleMove = (event: PointerEvent) => {
    if (start.current) onChange(start.current.width + start.current.x - event.clientX);
  };
  const handleKey = (event: KeyboardEvent) => {
    const step = event.key === "ArrowLeft" ? STEP : event.key === "ArrowRight" ? -STEP : 0;
    if (step === 0) return;
    event.preventDefault();
    event.stopPropagation();
    onChange(width + step);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: an <hr> cannot be moved.
    <div
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label="Width of the panel"
      aria-valuemin={MIN}
      aria-valuemax={MAX}
      aria-valuenow={width}
      className={classes.handle}
      onPointerDown={handleDown}
      onPointerMove={handleMove}
      onPointerUp={() => {
        start.current = null;
      }}
      onKeyDown={handleKey}
    />
  );
}
