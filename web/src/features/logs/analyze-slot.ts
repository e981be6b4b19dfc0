import type { ComponentType } from "react";

/** A filter between two moments. */
export type AnalyzeScope = { q: string; since: string; until: string };

/** What the log viewer gives to the Analyze panel, and what the panel may ask of it. */
export type AnalyzeSlotProps = {
  project: string;
  /** "new", or the id of an analysis. */
  analysis: string;
  /** The lines of the viewer. */
  scope: AnalyzeScope;
  /** What to ask about one line, when the panel was opened from it. */
  line: { scope: AnalyzeScope; question: string } | undefined;
  /** The cited line that the viewer marks. */
  activeLine: string | undefined;
  onOpenAnalysis: (analysis: string) => void;
  onClose: () => void;
  onCitations: (numbers: ReadonlyMap<string, number> | undefined) => void;
  /** Shows a cited line. `closes` also closes the panel, where it covers the lines. */
  onShowLine: (logId: string, closes?: boolean) => void;
};

/** The panel comes from another feature; the app puts it into the log viewer. */
export type AnalyzeSlot = ComponentType<AnalyzeSlotProps>;
