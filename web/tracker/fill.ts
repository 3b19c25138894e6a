// Fill: carry the visitor id, UTM parameters and click ids into hidden fields, payment and booking links,
// so that the CRM, Stripe or Calendly hands them back with the deal, the payment or the meeting.
import { decoded } from "./attempts";
import { verdict } from "./consent";
import { fills } from "./options";
import { visitor } from "./visitor";

type Values = Record<string, string>;

/** What can be carried: UTM parameters as a person reads them, click ids byte for byte, both touches. */
const values = (): Values => {
  const { id, first, last } = visitor();
  const found: Values = { hw_id: id };
  for (const [touch, prefix] of [
    [last, ""],
    [first, "first_"],
  ] as const)
    for (const [, name, value] of (touch?.tags || "").matchAll(/([^&=]+)=([^&]+)/g) as Iterable<string[]>)
      found[prefix + name] ||= /^utm_/.test(name as string)
        ? decoded((value as string).replace(/\+/g, " "))
        : (value as string);
  return found;
};

const fillForm = (form: HTMLFormElement, map: Values, isAsked: boolean): void => {
  const known = values();
  const adds = isAsked || form.dataset.hw !== undefined;
  for (const field of [...form.elements] as HTMLInputElement[]) {
    const { name } = field;
    const isOurs = field.type === "hidden" && !field.value && (adds || fills);
    const value = known[map[name] || field.dataset.hw || (isOurs ? name : "")];
    if (!value || field.value === value) continue;
    field.value = value;
    // frameworks hear of a value only by this
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  if (!adds) return;
  for (const name in known) {
    if (/^first_/.test(name) || form.elements.namedItem(name)) continue;
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value: known[name] });
    form.append(field);
  }
};

const withTags = (href: string): string => {
  const host = href.split("/")[2] || "";
  const isPayment = host === "buy.stripe.com";
  if (!isPayment && !/(^|\.)calendly\.com$/.test(host)) return href;
  const url = new URL(href);
  const known = values();
  const add = (name: string, value: string) =>
    url.searchParams.has(name) || url.searchParams.set(name, value);
  if (isPayment) add("client_reference_id", known.hw_id as string);
  for (const name in known) if (/^utm_/.test(name)) add(name, known[name] as string);
  return url.href;
};

/** Carries the ids into a payment or booking link. */
export const lead = (link: HTMLAnchorElement): void => {
  const href = withTags(link.href);
  if (href !== link.href) link.href = href;
};

/** Fills a form, or everything on the page that can be filled; `map` says which field takes which value. */
export const fill = (form?: HTMLFormElement, map?: Values, isAsked = false): void => {
  if (verdict() !== "granted") return;
  for (const one of form ? [form] : document.forms) fillForm(one, map || {}, isAsked);
  if (form) return;
  for (const link of document.links) lead(link as HTMLAnchorElement);
  for (const widget of document.querySelectorAll<HTMLElement>(
    "stripe-buy-button,stripe-pricing-table,[data-url]",
  )) {
    const { url } = widget.dataset;
    if (url) widget.dataset.url = withTags(url);
    else widget.setAttribute("client-reference-id", visitor().id);
  }
};
