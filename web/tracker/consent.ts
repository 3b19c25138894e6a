// Consent: what the visitor allows, by whoever asked: headwater.consent(), Google Consent Mode, IAB TCF.
//
// A default is not a choice: where Consent Mode's default denies, events wait in memory until the visitor
// has chosen. Nothing on the page is replaced to hear of it: the dataLayer is read again now and then.
import { options } from "./options";

export type Verdict = "granted" | "denied" | "unknown";
type Signals = Record<string, unknown>;

interface TcfData {
  eventStatus?: string;
  gdprApplies?: boolean;
  tcString?: string;
  purpose?: { consents?: Record<number, boolean> };
}

const ANALYTICS = "analytics_storage";
const SHORT: Record<string, string[]> = {
  analytics: [ANALYTICS],
  ads: ["ad_storage", "ad_user_data", "ad_personalization"],
};
const GRANTED = "granted";
const DENIED = "denied";
const SIGNAL = /^a|_storage$/;
const CAREFUL_PLACES = /^(Europe|A(tlan|rc)tic)|Nicosia/;

export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** What stands in context.consent; empty where nobody has said anything. */
export const said: Signals = {};
const chosen: Signals = {};
let lastEntry: unknown;
let hasTcf = false;

/** Takes over what somebody said: {analytics, ads}, or Google's names, with true or false, granted or denied. */
export const choose = (what: Signals, isDefault = false): void => {
  for (const name in what)
    for (const key of SHORT[name] || [name]) {
      // defaults of several regions may stand beside each other: the strictest holds, until a choice
      if (!SIGNAL.test(key) || (isDefault && (chosen[key] || said[key] === DENIED))) continue;
      said[key] = what[name] === true || what[name] === GRANTED ? GRANTED : DENIED;
      chosen[key] = !isDefault;
    }
};

const { consent } = options;
if (consent && consent !== "wait") choose({ analytics: consent, ads: consent }, consent === GRANTED);

export const verdict = (): Verdict => {
  const word = said[ANALYTICS] as Verdict | undefined;
  if (word === GRANTED || chosen[ANALYTICS]) return word as Verdict;
  return word || hasTcf || consent || CAREFUL_PLACES.test(zone) ? "unknown" : GRANTED;
};

/** Tells whether the ids of ad platforms may be read. */
export const adsAllowed = (): boolean => !said.gpc && said.ad_storage !== DENIED;

const heard = (data: TcfData, isWell: boolean): void => {
  if (!isWell || data.eventStatus === "cmpuishown") return;
  const may = (...purposes: number[]) =>
    data.gdprApplies === false || purposes.every((purpose) => data.purpose?.consents?.[purpose]);
  said.tcf = data.tcString;
  // to keep something on the device, to measure advertisements and content, to personalise them
  choose({ analytics: may(1, 7, 8), ads: may(1, 3, 4, 7) });
};

/** Reads what has been said since it was called last. */
export const listen = (): void => {
  const page = window as unknown as { dataLayer?: unknown[][]; __tcfapi?: (...words: unknown[]) => void };
  const entries = page.dataLayer || [];
  for (const entry of entries.slice(entries.lastIndexOf(lastEntry as never) + 1)) {
    lastEntry = entry;
    if (entry?.[0] === "consent") choose(entry[2] as Signals, entry[1] !== "update");
  }
  if (!hasTcf && page.__tcfapi) {
    hasTcf = true;
    page.__tcfapi("addEventListener", 2, heard);
  }
  if ((navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl) said.gpc = true;
};
