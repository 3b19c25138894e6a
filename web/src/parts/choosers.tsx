// Choosers: by what, how far back and which figure; what is chosen stands in the address, so that cards share it.
import { choose } from "../route";
import { DIMENSIONS, METRICS, type Metric } from "./choices";
import { type Choice, Segmented, Select } from "./controls";
import { PERIODS } from "./period";

interface ByProps {
  readonly value: string;
  readonly dimensions?: readonly Choice[];
}

export function ByChooser({ value, dimensions = DIMENSIONS }: ByProps) {
  return <Select label="By" choices={dimensions} value={value} onChange={(by) => choose("by", by)} />;
}

export function PeriodChooser({ value }: { readonly value: string }) {
  return (
    <Select label="Period" choices={PERIODS} value={value} onChange={(days) => choose("period", days)} />
  );
}

export function FigureChooser({ value }: { readonly value: Metric }) {
  return (
    <Segmented
      label="Figure"
      choices={METRICS}
      value={value}
      onChange={(metric) => choose("metric", metric)}
    />
  );
}
