// Channels: each has one colour everywhere; what is not in the list gets one by its name.

const HUES: Readonly<Record<string, number>> = {
  paid_search: 230,
  organic_search: 150,
  paid_social: 330,
  organic_social: 295,
  display: 45,
  email: 25,
  affiliate: 75,
  referral: 185,
  ai_assistant: 270,
  paid_video: 10,
  organic_video: 0,
  paid_shopping: 210,
  organic_shopping: 120,
  sms: 95,
  push: 60,
  offline: 340,
  audio: 315,
};

export function color(name: string): string {
  if (name === "direct" || name === "(none)" || name === "unattributed") return "oklch(0.62 0.015 200)";
  const hue = HUES[name] ?? [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 7);
  return `oklch(0.64 0.13 ${hue})`;
}
