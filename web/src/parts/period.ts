// Period: how far back a report looks, as the first day of conversion.

export const PERIODS = [
  { value: "", label: "All time" },
  { value: "1", label: "Today" },
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
];

/** The first day of the last `days` days, today included; nothing for all time. */
export function since(days: string): string | undefined {
  const count = Number(days);
  if (!count) return undefined;
  return new Date(Date.now() - (count - 1) * 86_400_000).toISOString().slice(0, 10);
}
