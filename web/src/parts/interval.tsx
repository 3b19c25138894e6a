// Interval: a figure with the ends between which it lies in 95 % of cases, as text and as a mark on a line.
import { between } from "../format";

interface IntervalProps {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  /** The right end of the line; alike for all rows of a column. */
  readonly most: number;
  /** The left end: below 0 where figures can be. */
  readonly least?: number;
}

export function IntervalMark({ value, low, high, most, least = 0 }: IntervalProps) {
  const whole = Math.max(1e-9, most - least);
  const place = (one: number) => Math.min(100, Math.max(0, (100 * (one - least)) / whole));
  return (
    <span aria-hidden="true" className="relative mt-1 block h-1.5 rounded-full bg-sunken">
      {low == null || high == null ? null : (
        <span
          className="absolute inset-y-0 rounded-full bg-bar"
          style={{ left: `${place(low)}%`, width: `${Math.max(0.5, place(high) - place(low))}%` }}
        />
      )}
      {least < 0 ? (
        <span className="absolute -inset-y-0.5 w-px bg-quiet" style={{ left: `${place(0)}%` }} />
      ) : null}
      <span
        className="absolute -inset-y-0.5 w-0.5 -translate-x-1/2 rounded-full bg-accent"
        style={{ left: `${place(value)}%` }}
      />
    </span>
  );
}

interface EndsProps {
  readonly low: unknown;
  readonly high: unknown;
  readonly figure: (end: unknown) => string;
}

/** The two ends in words; nothing where they are not known. */
export function Ends({ low, high, figure }: EndsProps) {
  if (low == null || high == null) return <span className="text-quiet">not known</span>;
  return <span className="text-quiet">{between(figure(low), figure(high))}</span>;
}
