import { useMediaQuery } from "@mantine/hooks";
import { useStoredChoice } from "@/lib/page/storage";

export const SCHEME_CHOICES = ["system", "light", "dark"] as const;
export type SchemeChoice = (typeof SCHEME_CHOICES)[number];

/** The colour scheme in use, what the user chose, and the setter of the choice. */
export function useColorScheme(): {
  scheme: "light" | "dark";
  choice: SchemeChoice;
  choose: (choice: SchemeChoice) => void;
} {
  const [choice, choose] = useStoredChoice<SchemeChoice>("theme", SCHEME_CHOICES);
  const systemIsDark = useMediaQuery("(prefers-color-scheme: dark)", undefined, {
    getInitialValueInEffect: false,
  });
  const system = systemIsDark ? "dark" : "light";
  return { scheme: choice === "system" ? system : choice, choice, choose };
}
