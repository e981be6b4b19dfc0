import { SegmentedControl } from "@mantine/core";
import { TextPage } from "@/components/page/text-page";
import { usePageTitle } from "@/lib/page/page-title";
import { useStoredChoice } from "@/lib/page/storage";
import { useZone } from "@/lib/time/time";
import classes from "./settings.module.css";

/** How this browser shows Logloop. */
export function AppearancePage() {
  const [theme, setTheme] = useStoredChoice("theme", ["system", "light", "dark"]);
  const [zone, setZone] = useZone();
  const [density, setDensity] = useStoredChoice("density", ["compact", "comfortable"]);
  const [wrap, setWrap] = useStoredChoice("wrap", ["off", "on"]);
  usePageTitle("Appearance");
  return (
    <TextPage title="Appearance" intro="These choices apply to this browser only.">
      <div className={classes.choices}>
        <Choice
          name="Theme"
          value={theme}
          onChange={setTheme}
          data={[
            { value: "system", label: "As the system" },
            { value: "light", label: "Light" },
            { value: "dark", label: "Dark" },
          ]}
        />
        <Choice
          name="Times"
          value={zone}
          onChange={setZone}
          data={[
            { value: "utc", label: "UTC" },
            { value: "local", label: "Local time" },
          ]}
        />
        <Choice
          name="Rows of logs"
          value={density}
          onChange={setDensity}
          data={[
            { value: "compact", label: "Compact" },
            { value: "comfortable", label: "Comfortable" },
          ]}
        />
        <Choice
          name="Long lines"
          value={wrap}
          onChange={setWrap}
          data={[
            { value: "off", label: "Cut off" },
            { value: "on", label: "Wrap" },
          ]}
        />
      </div>
    </TextPage>
  );
}

function Choice<T extends string>({
  name,
  value,
  onChange,
  data,
}: {
  name: string;
  value: T;
  onChange: (value: T) => void;
  data: { value: T; label: string }[];
}) {
  return (
    <div>
      <span>{name}</span>
      <SegmentedControl
        aria-label={name}
        data={data}
        value={value}
        onChange={(next) => {
          const chosen = data.find((item) => item.value === next);
          if (chosen) onChange(chosen.value);
        }}
      />
    </div>
  );
}
