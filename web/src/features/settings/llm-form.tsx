import { Autocomplete, Radio, Select, TextInput } from "@mantine/core";
import { IconExternalLink, IconLock } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { SecretField, secretPart } from "@/components/records/secret-field";
import type { RecordForm } from "@/components/records/use-record-form";
import { formatCount } from "@/lib/time/time";
import { type Destination, destinationOf, PROVIDERS, type Provider } from "./providers";
import classes from "./settings.module.css";
import type { LlmSettings, NewLlmSettings } from "./settings-queries";

export type LlmValues = {
  provider: string;
  model: string;
  base_url: string;
  api_key: string;
  budget_tokens_per_day: string;
  input_price: string;
  output_price: string;
  redaction: string;
  removed: string[];
};

export function llmValues(settings: LlmSettings): LlmValues {
  return {
    provider: settings.provider,
    model: settings.model ?? "",
    base_url: settings.base_url ?? "",
    api_key: "",
    budget_tokens_per_day: settings.budget_tokens_per_day?.toString() ?? "",
    input_price: settings.input_price?.toString() ?? "",
    output_price: settings.output_price?.toString() ?? "",
    redaction: settings.redaction,
    removed: [],
  };
}

/** Returns what the API gets. Limits that the page does not show stay as they are. */
export function llmBody(values: LlmValues, stored: LlmSettings): NewLlmSettings {
  return {
    provider: values.provider as NewLlmSettings["provider"],
    model: values.model || null,
    base_url: values.base_url || null,
    budget_tokens_per_day: values.budget_tokens_per_day ? Number(values.budget_tokens_per_day) : null,
    input_price: values.input_price ? Number(values.input_price) : null,
    output_price: values.output_price ? Number(values.output_price) : null,
    redaction: values.redaction as LlmSettings["redaction"],
    max_tokens: stored.max_tokens,
    timeout_s: stored.timeout_s,
    evidence_tokens: stored.evidence_tokens,
    temperature: stored.temperature,
    ...secretPart("api_key", values.api_key, values.removed),
  };
}

type ProviderListProps = {
  form: RecordForm<LlmValues>;
  stored: LlmSettings;
  models: readonly string[];
  result: ReactNode;
};

/** The providers, one of which is in use. The chosen one shows its fields. */
export function ProviderList({ form, stored, models, result }: ProviderListProps) {
  return (
    <div role="radiogroup" aria-label="Provider">
      {PROVIDERS.map((provider) => {
        const isChosen = form.values.provider === provider.id;
        const isInUse = stored.provider === provider.id && stored.source !== "none";
        const address = isChosen ? form.values.base_url : isInUse ? (stored.base_url ?? "") : "";
        return (
          <section key={provider.id} className={classes.provider} aria-label={provider.name}>
            <div className={classes.providerHead}>
              <Radio
                id={`provider-${provider.id}`}
                name="provider"
                checked={isChosen}
                onChange={() => form.set("provider", provider.id)}
              />
              <h2>
                <label htmlFor={`provider-${provider.id}`}>{provider.name}</label>
              </h2>
              <span className="muted">{stateOf(provider, stored, isInUse)}</span>
              <Privacy destination={destinationOf(provider, address)} />
            </div>
            {isChosen && provider.id !== "none" ? (
              <Fields form={form} provider={provider} stored={stored} models={models} />
            ) : null}
            {isChosen ? result : null}
          </section>
        );
      })}
    </div>
  );
}

function stateOf(provider: Provider, stored: LlmSettings, isInUse: boolean): string {
  if (!isInUse) return provider.hint || "not in use";
  return provider.id === "none" ? "in use" : `${stored.model ?? ""}, in use`;
}

function Privacy({ destination }: { destination: Destination }) {
  if (!destination) return <span className="muted">depends on the address</span>;
  return (
    <span className={classes.privacy}>
      {destination.leaves ? <IconExternalLink size={16} aria-hidden /> : <IconLock size={16} aria-hidden />}
      {destination.leaves ? (
        <span>
          leaves to <strong>{destination.host}</strong>
        </span>
      ) : (
        destination.text
      )}
    </span>
  );
}

/** What is in use, for those who may not change it. */
export function LlmSummary({ stored }: { stored: LlmSettings }) {
  const provider = PROVIDERS.find((item) => item.id === stored.provider);
  if (!provider) return null;
  const budget = stored.budget_tokens_per_day;
  return (
    <dl>
      <dt>Provider</dt>
      <dd>{provider.name}</dd>
      <dt>Model</dt>
      <dd className="mono">{stored.model ?? "none"}</dd>
      <dt>Log text</dt>
      <dd>
        <Privacy destination={destinationOf(provider, stored.base_url ?? "")} />
      </dd>
      <dt>Masked before that</dt>
      <dd>{REDACTIONS.find((item) => item.value === stored.redaction)?.label}</dd>
      <dt>Budget</dt>
      <dd>{budget === null ? "no limit" : `${formatCount(budget)} tokens a day`}</dd>
    </dl>
  );
}

const REDACTIONS = [
  { value: "standard", label: "Secrets" },
  { value: "strict", label: "Secrets, IP addresses and user names" },
  { value: "off", label: "Nothing" },
];

function Fields({
  form,
  provider,
  stored,
  models,
}: Omit<ProviderListProps, "result"> & { provider: Provider }) {
  const isStored = stored.provider === provider.id;
  return (
    <div className={classes.fields}>
      {provider.address ? (
        <TextInput
          label="Address"
          placeholder={provider.address}
          required={provider.id === "openai-compatible"}
          classNames={{ input: "mono" }}
          {...form.text("base_url")}
        />
      ) : null}
      <SecretField
        form={form}
        name="api_key"
        label={provider.needsToken === "yes" ? "Token" : "Token, if it needs one"}
        stored={isStored && stored.has_api_key}
        last4={stored.api_key_last4}
      />
      <Autocomplete
        label="Model"
        description={
          models.length > 0 ? `${formatCount(models.length)} models found there` : "A test finds its models"
        }
        placeholder={provider.model ?? ""}
        required
        data={[...new Set(models)]}
        limit={200}
        value={form.values.model}
        error={form.errorOf("model")}
        onChange={(value) => form.set("model", value)}
      />
      <TextInput
        label="Budget, tokens a day"
        description="Empty: no limit"
        type="number"
        min={0}
        {...form.text("budget_tokens_per_day")}
      />
      <TextInput
        label="Price of a million tokens sent"
        description="In your currency. With both prices, an analysis shows what it costs at most"
        type="number"
        min={0}
        step="any"
        {...form.text("input_price")}
      />
      <TextInput
        label="Price of a million tokens received"
        type="number"
        min={0}
        step="any"
        {...form.text("output_price")}
      />
      <Select
        label="Masked"
        description="In log text, before anything is sent"
        data={REDACTIONS}
        {...form.choice("redaction")}
      />
    </div>
  );
}
