import { describe, expect, it } from "vitest";
import { membershipTexts, readMemberships } from "./user-queries";

describe("memberships in a form", () => {
  it("are read as they were written", () => {
    const memberships = [
      { project_id: "shop", role: "viewer" as const },
      { project_id: "ops-2", role: "admin" as const },
    ];
    expect(readMemberships(membershipTexts(memberships))).toEqual(memberships);
  });

  it("leave out what a draft of an older version may hold", () => {
    expect(readMemberships(["shop=owner", "=admin", "shop", "ops=member"])).toEqual([
      { project_id: "ops", role: "member" },
    ]);
  });
});
