import type { Query } from "@/lib/api/client";

const PROVIDER_HOSTS: Record<string, string> = {
  openai: "OpenAI",
  anthropic: "Anthropic",
  google: "Google",
  ollama: "Ollama on the host of Logloop",
};

/** Where the text goes: the host of the address, or the provider. */
export function modelHost({
  provider,
  base_url: url,
}: Pick<Query["schemas"]["LlmSettings"], "provider" | "base_url">) {
  if (url && URL.canParse(url)) return new URL(url).host;
  return PROVIDER_HOSTS[provider] ?? provider;
}
