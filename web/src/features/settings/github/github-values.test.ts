import { describe, expect, it } from "vitest";
import { githubBody, githubValues, safeLink } from "./github-values";

const stored = {
  source: "project" as const,
  api_url: "https://api.github.com",
  has_token: true,
  token_last4: null,
  app_id: null,
  has_private_key: false,
  installation_id: null,
  has_webhook_secret: true,
  default_repository: "acme/shop",
  updated_at: null,
};

describe("the credentials of GitHub", () => {
  it("keeps stored secrets that nobody typed", () => {
    const body = githubBody(githubValues(stored));
    expect(body).not.toHaveProperty("token");
    expect(body).not.toHaveProperty("webhook_secret");
  });
  it("removes the token when an App is chosen, and the App when a token is", () => {
    const values = { ...githubValues(stored), app_id: "12", private_key: "PEM", installation_id: "7" };
    expect(githubBody({ ...values, credentials: "app" })).toMatchObject({
      token: null,
      app_id: "12",
      private_key: "PEM",
      installation_id: "7",
    });
    expect(githubBody({ ...values, credentials: "token", token: "t" })).toMatchObject({
      token: "t",
      app_id: null,
      private_key: null,
      installation_id: null,
    });
  });
  it("links to web pages only", () => {
    expect(safeLink("https://github.com/apps/logloop")).toBe("https://github.com/apps/logloop");
    expect(safeLink("javascript:alert(1)")).toBeNull();
  });
});
