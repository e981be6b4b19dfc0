import { describe, expect, it } from "vitest";
import { readGroupRoles, readLines, writeGroupRoles } from "./sign-in-queries";

describe("roles of groups", () => {
  const roles = [
    { group: "CN=Shop developers,OU=x", project_id: "shop", role: "member" as const },
    { group: "operators", project_id: "bank", role: "admin" as const },
  ];

  it("are lines of text", () => {
    expect(writeGroupRoles(roles).split("\n")[1]).toBe("operators = bank: admin");
    expect(readGroupRoles("\n operators = bank:admin \n")).toEqual([roles[1]]);
  });

  it("name the line that cannot be read", () => {
    expect(() => readGroupRoles("operators = bank: owner")).toThrow("operators = bank: owner");
    expect(() => readGroupRoles("operators")).toThrow("viewer, member or admin");
  });

  it("leave out empty lines", () => {
    expect(readLines(" a \n\n b")).toEqual(["a", "b"]);
  });
});
