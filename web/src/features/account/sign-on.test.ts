import { describe, expect, it } from "vitest";
import { localTarget } from "./sign-in-page";

describe("the page after a sign-in", () => {
  it("is one of this app", () => {
    expect(
      ["/projects?x=1", "//evil.example.org", "/\\evil", "https://evil.example.org", undefined].map(
        localTarget,
      ),
    ).toEqual(["/projects?x=1", "/", "/", "/", "/"]);
  });
});
