// Clicks: links that lead away, downloads, and forms. Of a form only the names of its fields are told.
import { verdict } from "./consent";
import { fill, lead } from "./fill";
import { fills, isOurs, options } from "./options";
import { clean, decorate } from "./visitor";

type Track = (event: string, properties: Record<string, unknown>) => unknown;
type Identify = (traits: Record<string, unknown>) => void;

const FILE = /\.(pdf|docx?|xlsx?|pptx?|csv|epub|zip|rar|7z|gz|exe|dmg|apk|mp[34])$/i;
const AWAY = /^[hmst]/; // http, mailto, sms, tel; not javascript, data, blob
const EMAIL = /mail/i;

const clicked = (event: MouseEvent, track: Track): void => {
  const link = (event.target as Element).closest?.<HTMLAnchorElement>("a[href]");
  if (!link || !AWAY.test(link.href)) return;
  const isAway = link.host !== location.host;
  const isOther = isAway && !isOurs(link.hostname);
  if (verdict() === "granted") {
    if (isAway && !isOther) decorate(link);
    if (fills) lead(link);
  }
  // the right button opens a menu: the link goes its way later, or not at all
  if (event.type === "mousedown" || event.button > 1) return;
  const file = FILE.exec(link.pathname);
  if (file || isOther) track(file ? "File Downloaded" : "Outbound Link Clicked", { href: clean(link.href) });
};

const sent = (form: HTMLFormElement, track: Track, identify: Identify): void => {
  const fields = [...form.elements] as HTMLInputElement[];
  const email = fields.find((field) => EMAIL.test(field.type + field.name) && /.@./.test(field.value))?.value;
  if (email && (options.identify === "email" || form.dataset.hwIdentify !== undefined))
    identify({ email: email.trim() });
  const all = fields.map((field) => `${field.type} ${field.name}`).join(" ");
  // a search is no lead, and neither is a log-in
  const isContact = /mail|phone|mobile|\btel\b/i.test(all) && !all.includes("password ");
  track(isContact ? "Form Submitted" : "Form Sent", {
    form_id: form.getAttribute("id"),
    fields: fields.map((field) => field.name).filter(Boolean),
  });
};

/** Listens on the whole document, before the page's own listeners. */
export const hear = (track: Track, identify: Identify): void => {
  const on = (name: string, listener: (event: Event) => void) => addEventListener(name, listener, true);
  for (const name of ["mousedown", "click", "auxclick"])
    on(name, (event) => clicked(event as MouseEvent, track));
  // forms of other services come late: they are filled when they are touched, and before they leave
  for (const name of ["focusin", "submit"])
    on(name, (event) => {
      const form = (event.target as Element).closest?.("form");
      if (!form) return;
      fill(form);
      if (name === "submit") sent(form, track, identify);
    });
};
