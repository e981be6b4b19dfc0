import { describe, expect, it } from "vitest";
import { destinationOf, PROVIDERS, type ProviderId } from "./providers";

function destination(id: ProviderId, address = "") {
  const provider = PROVIDERS.find((item) => item.id === id);
  if (!provider) throw new Error(id);
  return destinationOf(provider, address);
}

describe("where log text goes", () => {
  it("stays here with a model on a loopback address", () => {
    for (const address of ["", "http://localhost:11434", "http://127.0.0.2/v1", "http://[::1]:8000"]) {
      expect(destination("ollama", address)).toEqual({ leaves: false, text: "stays on this host" });
    }
    expect(destination("none")).toEqual({ leaves: false, text: "nothing is sent" });
  });

  it("leaves to the provider, or to the address that is given", () => {
    expect(destination("openai")).toEqual({ leaves: true, host: "api.openai.com" });
    expect(destination("openai", "https://proxy.acme.org/v1")).toEqual({
      leaves: true,
      host: "proxy.acme.org",
    });
    expect(destination("ollama", "http://10.0.0.4:11434")).toEqual({ leaves: true, host: "10.0.0.4:11434" });
    expect(destination("openai-compatible", "http://127.0.0.1.evil.org/")).toEqual({
      leaves: true,
      host: "127.0.0.1.evil.org",
    });
  });

  it("is unknown without an address", () => {
    expect(destination("openai-compatible")).toBeNull();
    expect(destination("openai-compatible", "llm")).toBeNull();
  });
});
