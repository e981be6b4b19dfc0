import { Autocomplete, Select, Switch, TextInput } from "@mantine/core";
import type { RecordForm } from "@/components/records/use-record-form";
import { GROUPINGS, type ReceiverValues } from "./receiver-values";
import classes from "./receivers.module.css";

const OWN = "own times";

/** When messages are sent: how matches are grouped, and the hours in which they wait. */
export function TimingFields({ form }: { form: RecordForm<ReceiverValues> }) {
  const { group_wait: wait, group_interval: interval, isQuiet } = form.values;
  const known = GROUPINGS.find(([, first, between]) => first === wait && between === interval);
  const choose = (name: string | null) => {
    const [, first, between] = GROUPINGS.find(([label]) => label === name) ?? [];
    if (first && between) form.setAll({ group_wait: first, group_interval: between });
  };
  return (
    <>
      <Select
        label="Send"
        data={[...GROUPINGS.map(([name]) => name), ...(known ? [] : [OWN])]}
        value={known?.[0] ?? OWN}
        onChange={choose}
      />
      <div className={classes.pair}>
        <TextInput
          label="Collect for"
          description="Such as 30s, 5m, 2h or 1d"
          required
          {...form.text("group_wait")}
        />
        <TextInput
          label="Between two messages"
          description="At least 10s"
          required
          {...form.text("group_interval")}
        />
      </div>
      <Switch
        label="Quiet hours: what happens in them is sent together at their end"
        checked={isQuiet}
        onChange={(event) => form.set("isQuiet", event.currentTarget.checked)}
      />
      {isQuiet ? (
        <div className={classes.pair}>
          <TextInput label="From" type="time" required {...form.text("quiet_start")} />
          <TextInput label="Until" type="time" required {...form.text("quiet_end")} />
          <Autocomplete
            label="Time zone"
            data={Intl.supportedValuesOf("timeZone")}
            limit={50}
            required
            value={form.values.timezone}
            error={form.errorOf("timezone")}
            onChange={(value) => form.set("timezone", value)}
          />
        </div>
      ) : null}
    </>
  );
}
