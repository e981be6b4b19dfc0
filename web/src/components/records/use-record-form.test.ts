import { describe, expect, it } from "vitest";
import { formField } from "./use-record-form";

describe("the field of a violation", () => {
  it.each([
    ["body.name", "name"],
    ["body.projects.0.role", "projects"],
    ["name", "name"],
    ["body", ""],
  ])("%s belongs to %s", (field, name) => {
    expect(formField(field)).toBe(name);
  });
});
