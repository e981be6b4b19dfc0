import { describe, expect, it } from "vitest";
import { fieldOf, sampleValues, textOf, typedText } from "./template-fields";

describe("fields of a template", () => {
  it("round-trips a field", () => {
    const field = {
      name: "count",
      type: "integer" as const,
      source: "stats.count",
      default: 3,
      required: true,
      enum: null,
      max_length: 80,
      description: "How many.",
    };
    expect(fieldOf(textOf(field, 0), field)).toEqual(field);
  });
  it("turns texts into the type of the field", () => {
    expect(typedText("number", "1.5")).toBe(1.5);
    expect(typedText("boolean", "false")).toBe(false);
    expect(typedText("string", "12")).toBe("12");
    expect(typedText("integer", "many")).toBe("many");
    const text = { key: 0, name: "env", type: "string" as const, source: "", default: "", required: false };
    expect(fieldOf({ ...text, choices: "staging, production ," }, undefined)).toMatchObject({
      enum: ["staging", "production"],
      default: null,
      source: null,
    });
  });
  it("makes a sample of the type of each field", () => {
    expect(
      sampleValues([
        { name: "service", source: "log.service_id" },
        { name: "count", type: "integer", source: "stats.count" },
        { name: "ok", type: "boolean" },
        { name: "env", enum: ["staging", "production"] },
        { name: "status", type: "integer", source: "log.attributes.status" },
        { name: "text", type: "timestamp", source: "log.timestamp" },
      ]),
    ).toEqual({
      service: "payment",
      count: 6,
      ok: true,
      env: "staging",
      status: 1,
      text: "2026-01-31T12:00:00Z",
    });
  });
});
