// Controls: choose one of a few (segmented) or one of many (select).
import { useId } from "react";

export interface Choice {
  readonly value: string;
  readonly label: string;
}

interface ChooserProps {
  readonly label: string;
  readonly choices: readonly Choice[];
  readonly value: string;
  readonly onChange: (value: string) => void;
}

export function Segmented({ label, choices, value, onChange }: ChooserProps) {
  const name = useId();
  return (
    <fieldset className="inline-flex self-start rounded-lg bg-sunken p-0.5 text-[13px]">
      <legend className="sr-only">{label}</legend>
      {choices.map((choice) => (
        <label
          key={choice.value}
          className="cursor-pointer rounded-md px-2.5 py-1 text-quiet has-checked:bg-card has-checked:font-medium has-checked:text-ink has-checked:shadow-sm has-focus-visible:outline-2 has-focus-visible:outline-accent"
        >
          <input
            type="radio"
            name={name}
            value={choice.value}
            checked={choice.value === value}
            onChange={() => onChange(choice.value)}
            className="sr-only"
          />
          {choice.label}
        </label>
      ))}
    </fieldset>
  );
}

export function Select({ label, choices, value, onChange }: ChooserProps) {
  const id = useId();
  return (
    <span className="inline-flex items-center gap-1.5 text-[13px] text-quiet">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        className="rounded-lg border border-line bg-card py-1 pr-1.5 pl-2 text-ink"
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    </span>
  );
}
