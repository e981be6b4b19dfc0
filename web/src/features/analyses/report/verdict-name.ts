const NAMES: Record<string, string> = {
  confirmed: "Confirmed",
  likely: "Likely",
  insufficient: "Not enough evidence",
};

export const verdictName = (verdict: string | null | undefined): string =>
  NAMES[verdict ?? ""] ?? "No verdict";
