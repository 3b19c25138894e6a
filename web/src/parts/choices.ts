// Choices: what the cards about credit can be asked: by what, which figure. They share them by the address.

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
