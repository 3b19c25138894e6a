// Format: numbers, money, times and names, the way the reader's language writes them.

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const precise = new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const MICROS = 1_000_000n;

export function count(value: number): string {
  return whole.format(value);
}

/** Conversions that a model credits: one decimal, since credit is shared. */
export function credit(value: number): string {
  return precise.format(value);
}

export function share(value: number): string {
  return percent.format(value);
}

/** A ratio: 2.3×. */
export function times(value: number): string {
  return `${precise.format(value)}×`;
}

/** From low to high, the way a figure writes its ends: "18.4 to 60.9". */
export function between(low: string, high: string): string {
  return `${low} to ${high}`;
}

/** Money comes as a decimal string and is never turned into a float before it is rounded for the eye. */
export function money(value: string, currency: string, digits = 0): string {
  const style = { style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(undefined, style as Intl.NumberFormatOptions).format(
    value as Intl.StringNumericLiteral,
  );
}

/** A decimal string in millionths, exactly; for sums and comparisons. */
export function micros(value: string): bigint {
  const [, sign = "", digits = "0", rest = ""] = /^(-?)(\d*)\.?(\d*)$/.exec(value.trim()) ?? [];
  const amount = BigInt(digits || "0") * MICROS + BigInt(rest.slice(0, 6).padEnd(6, "0"));
  return sign ? -amount : amount;
}

export function decimal(value: bigint): string {
  const size = value < 0n ? -value : value;
  const rest = (size % MICROS).toString().padStart(6, "0");
  return `${value < 0n ? "-" : ""}${size / MICROS}.${rest}`;
}

/** A number for the length of a bar; never for a figure. */
export function magnitude(value: unknown): number {
  return typeof value === "number" ? value : typeof value === "string" ? Number(value) : 0;
}

export function at(value: string): string {
  return moment.format(new Date(value));
}

export function timeOfDay(value: string): string {
  return clock.format(new Date(value));
}

/** How long before: "3 d", "4 h", "12 min"; "afterwards" where it was not before. */
export function before(earlier: string, later: string): string {
  const minutes = (Date.parse(later) - Date.parse(earlier)) / 60_000;
  if (minutes < 0) return "afterwards";
  if (minutes < 1) return "at once";
  if (minutes < 90) return `${count(minutes)} min`;
  if (minutes < 48 * 60) return `${count(minutes / 60)} h`;
  return `${count(minutes / 1440)} d`;
}

const SPELLINGS: Readonly<Record<string, string>> = {
  ai_assistant: "AI assistant",
  sms: "SMS",
  position: "Position",
  last_non_direct: "Last non-direct",
  w_shaped: "W-shaped",
  time_decay: "Time decay",
};

/** paid_search becomes "Paid search". */
export function words(name: string): string {
  const known = SPELLINGS[name];
  if (known) return known;
  if (!/^[a-z0-9_ ]+$/.test(name)) return name;
  const text = name.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
