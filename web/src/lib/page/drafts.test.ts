import { beforeEach, describe, expect, it } from "vitest";
import { readDraft, writeDraft } from "./drafts";
import { writeStored } from "./storage";

describe("drafts", () => {
  beforeEach(() => writeStored("drafts", null));

  it("returns what was typed, over the values of the record", () => {
    writeDraft("project:shop", { name: "Shop 2" });
    expect(readDraft("project:shop", { name: "Shop", days: "30" })).toEqual({ name: "Shop 2", days: "30" });
    expect(readDraft("project:other", { name: "" })).toBeNull();
  });

  it("forgets a draft", () => {
    writeDraft("a", { name: "x" });
    writeDraft("b", { name: "y" });
    writeDraft("a", null);
    expect(readDraft("a", { name: "" })).toBeNull();
    expect(readDraft("b", { name: "" })).toEqual({ name: "y" });
  });

  it("keeps the 20 newest drafts", () => {
    for (let index = 0; index < 25; index += 1) writeDraft(`d${index}`, { name: String(index) });
    expect(readDraft("d4", { name: "" })).toBeNull();
    expect(readDraft("d5", { name: "" })).toEqual({ name: "5" });
    expect(readDraft("d24", { name: "" })).toEqual({ name: "24" });
  });

  it("ignores values of another kind and storage that is not JSON", () => {
    writeDraft("a", { name: 7, scopes: "read", days: "3" });
    expect(readDraft("a", { name: "", scopes: ["read"], days: "" })).toEqual({
      name: "",
      scopes: ["read"],
      days: "3",
    });
    writeStored("drafts", "{");
    expect(readDraft("a", { name: "" })).toBeNull();
  });
});
