import { describe, expect, it } from "vitest";
import { labelsText, readLabels } from "./labels";

describe("labels", () => {
  it("reads what it writes", () => {
    const labels = { team: "payments", "app/tier": "back end", url: "http://a:1" };
    expect(readLabels(labelsText(labels))).toEqual(labels);
  });

  it("ignores empty lines and space, and accepts names without a value", () => {
    expect(readLabels("  team :  payments \n\n critical\n")).toEqual({ team: "payments", critical: "" });
  });
});
