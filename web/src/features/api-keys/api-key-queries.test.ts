import { describe, expect, it } from "vitest";
import { expiryAfter, keyState } from "./api-key-queries";

const now = new Date("2026-11-27T12:00:00Z");

describe("API keys", () => {
  it("are valid until they are revoked or expire", () => {
    expect(keyState({ revoked_at: null, expires_at: null }, now)).toBe("valid");
    expect(keyState({ revoked_at: null, expires_at: "2026-11-27T12:00:01Z" }, now)).toBe("valid");
    expect(keyState({ revoked_at: null, expires_at: "2026-11-27T12:00:00Z" }, now)).toBe("expired");
    expect(keyState({ revoked_at: "2026-11-01T00:00:00Z", expires_at: "2026-11-02T00:00:00Z" }, now)).toBe(
      "revoked",
    );
  });

  it("expire after whole days, or never", () => {
    expect(expiryAfter("90", now)).toEqual(new Date("2027-02-25T12:00:00Z"));
    expect(expiryAfter("never", now)).toBeNull();
    expect(expiryAfter("", now)).toBeNull();
  });
});
