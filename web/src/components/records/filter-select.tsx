import { Select } from "@mantine/core";

type Choice<T extends string> = { value: T; label: string };

/** A choice that narrows a list, or none: "Every state". */
export function FilterSelect<T extends string>({
  name,
  choices,
  value,
  onChange,
}: {
  /** What is chosen, such as "State". */
  name: string;
  choices: readonly Choice<T>[];
  value: T | undefined;
  onChange: (value: T | undefined) => void;
}) {
  return (
    <Select
      size="xs"
      aria-label={name}
      w={200}
      data={[{ value: "", label: `Every ${name.toLowerCase()}` }, ...choices]}
      value={value ?? ""}
      onChange={(chosen) => onChange(choices.find((choice) => choice.value === chosen)?.value)}
    />
  );
}
