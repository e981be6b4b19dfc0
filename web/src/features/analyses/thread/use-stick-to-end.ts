import { type RefObject, useEffect, useRef } from "react";

const NEAR = 80;

/** Keeps a region at its end while text arrives, unless the user has scrolled up. A new question goes to the end. */
export function useStickToEnd(version: string, enabled: boolean): RefObject<HTMLDivElement | null> {
  const region = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    const element = region.current;
    if (!element) return undefined;
    const note = () => {
      isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
    };
    element.addEventListener("scroll", note, { passive: true });
    return () => element.removeEventListener("scroll", note);
  }, []);
  const turn = version.split(" ")[0];
  const lastTurn = useRef(turn);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version stands for what the region shows.
  useEffect(() => {
    const isNewQuestion = turn !== lastTurn.current;
    lastTurn.current = turn;
    const element = region.current;
    if (element && (isNewQuestion || (enabled && isAtEnd.current))) element.scrollTop = element.scrollHeight;
  }, [version, enabled]);
  return region;
}
