// Choices: what the cards about credit can be asked: by what, which figure. They share them by the address.
import { useRoute } from "../route";

export const DIMENSIONS = [
  { value: "channel", label: "Channel" },
  { value: "source", label: "Source" },
  { value: "medium", label: "Medium" },
  { value: "campaign", label: "Campaign" },
  { value: "landing_page", label: "Landing page" },
];
export const METRICS = [
  { value: "conversions", label: "Conversions" },
  { value: "value", label: "Revenue" },
];
/** Models that most people compare, the one that knows what would have come anyway first. */
export const FEW = ["incremental", "first", "last", "linear", "position", "markov", "shapley"];
/** Those of them that need no fit, and are there at once. */
export const AT_ONCE = FEW.slice(1).join(",");

export type Metric = "conversions" | "value";

export interface Chosen {
  readonly by: string;
  readonly metric: Metric;
  /** Days back, or nothing for all time. */
  readonly period: string;
  /** The model that was asked for; none until somebody asks. */
  readonly model: string | null;
}

/** What the address chooses, and the usual where it chooses nothing. */
export function useChosen(): Chosen {
  const { choices } = useRoute();
  return {
    by: choices.get("by") ?? "channel",
    metric: (choices.get("metric") ?? "conversions") as Metric,
    period: choices.get("period") ?? "",
    model: choices.get("model"),
  };
}
