import type { NewLlmSettings } from "./settings-queries";

export type ProviderId = NewLlmSettings["provider"];
export type Provider = {
  id: ProviderId;
  name: string;
  hint: string;
  /** The host of the provider, when it has one of its own. */
  host?: string;
  /** Where the provider usually listens, when the user names its address. */
  address?: string;
  needsToken: "yes" | "maybe" | "no";
  model?: string;
};

export const PROVIDERS: readonly Provider[] = [
  {
    id: "ollama",
    name: "Ollama",
    hint: "a model on your own machines",
    address: "http://127.0.0.1:11434",
    needsToken: "maybe",
    model: "qwen2.5:14b",
  },
  { id: "openai", name: "OpenAI", hint: "", host: "api.openai.com", needsToken: "yes", model: "gpt-5-mini" },
  {
    id: "anthropic",
    name: "Anthropic",
    hint: "",
    host: "api.anthropic.com",
    needsToken: "yes",
    model: "claude-sonnet-4-5",
  },
  {
    id: "google",
    name: "Google",
    hint: "",
    host: "generativelanguage.googleapis.com",
    needsToken: "yes",
    model: "gemini-2.5-flash",
  },
  {
    id: "openai-compatible",
    name: "OpenAI-compatible",
    hint: "vLLM, LM Studio, llama.cpp, a gateway",
    address: "https://llm.example.org/v1",
    needsToken: "maybe",
  },
  { id: "none", name: "No model", hint: "findings only", needsToken: "no" },
];

export type Destination = { leaves: false; text: string } | { leaves: true; host: string } | null;

/** Says where log text goes with a provider; null when that depends on an address that is not given. */
export function destinationOf(provider: Provider, address: string): Destination {
  if (provider.id === "none") return { leaves: false, text: "nothing is sent" };
  const url = URL.parse(address || (provider.id === "ollama" ? (provider.address ?? "") : ""));
  if (url) {
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const isLocal = host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
    return isLocal ? { leaves: false, text: "stays on this host" } : { leaves: true, host: url.host };
  }
  return provider.host ? { leaves: true, host: provider.host } : null;
}
