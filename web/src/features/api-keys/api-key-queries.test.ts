import { describe, expect, it } from "vitest";
import { expiryAfter, keyState, readLimits, usageToday } from "./api-key-queries";

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

  it("show what they sent today in UTC", () => {
    const today = { day: "2026-11-27", entries: 2, bytes: 300, refused: 1 };
    const usage = [today, { ...today, day: "2026-11-26" }];
    expect(usageToday({ usage }, now)).toEqual(today);
    expect(usageToday({ usage }, new Date("2026-11-28T00:00:00Z"))).toBeNull();
  });

  it("have limits that are written as sizes", () => {
    const limits = { max_bytes_per_s: "500 kB", daily_quota_bytes: "" };
    expect(readLimits(limits)).toEqual({ max_bytes_per_s: 500_000, daily_quota_bytes: null });
    expect(() => readLimits({ ...limits, daily_quota_bytes: "much" })).toThrow("Write a size");
  });

  it("expire after whole days, or never", () => {
    expect(expiryAfter("90", now)).toEqual(new Date("2027-02-25T12:00:00Z"));
    expect(expiryAfter("never", now)).toBeNull();
    expect(expiryAfter("", now)).toBeNull();
  });
});
