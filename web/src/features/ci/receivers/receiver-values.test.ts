import { describe, expect, it } from "vitest";
import { ApiProblem } from "@/lib/api/problem";
import { draftOf, readTemplate, receiverField, valuesOf } from "./receiver-values";

const typed = {
  ...valuesOf(null),
  name: "On call",
  url: "https://example.org/x",
  secret: "s",
  password: "p",
};

describe("the fields of a receiver", () => {
  it("sends only what belongs to its kind", () => {
    expect(draftOf(typed)).toMatchObject({ kind: "webhook", url: "https://example.org/x", secret: "s" });
    expect(draftOf(typed)).not.toHaveProperty("password");
    expect(draftOf({ ...typed, kind: "slack" })).not.toHaveProperty("secret");
    const mail = draftOf({
      ...typed,
      kind: "email",
      smtp_host: " mail.example.org ",
      recipients: ["a@b.org"],
    });
    expect(mail).toMatchObject({ password: "p", smtp: { host: "mail.example.org", port: 587 } });
    expect(mail).not.toHaveProperty("url");
  });
  it("keeps a stored secret, and removes one only on request", () => {
    const untouched = { ...typed, url: "", secret: "" };
    expect(draftOf(untouched)).not.toHaveProperty("secret");
    expect(draftOf({ ...untouched, removed: ["secret"] })).toMatchObject({ secret: "" });
  });
  it("has quiet hours only when they are on", () => {
    expect(draftOf(typed).quiet_hours).toBeNull();
    expect(draftOf({ ...typed, isQuiet: true }).quiet_hours).toEqual({
      start: "22:00",
      end: "07:00",
      timezone: "UTC",
    });
  });
  it("reads a template, and refuses what is no object at its field", () => {
    expect(readTemplate(" ")).toBeNull();
    expect(readTemplate('{"a": "{{title}}"}')).toEqual({ a: "{{title}}" });
    for (const text of ["[1]", "{", '"x"']) {
      expect(() => readTemplate(text)).toThrow(ApiProblem);
    }
  });
  it.each([
    ["body.smtp.host", "smtp_host"],
    ["body.quiet_hours.timezone", "timezone"],
    ["body.quiet_hours", "quiet_start"],
    ["body.recipients.1", "recipients"],
    ["body.url", "url"],
    ["body", ""],
  ])("places %s at %s", (path, field) => {
    expect(receiverField(path)).toBe(field);
  });
});
