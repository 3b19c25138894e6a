// Strangers: the ids of trackers that are on the page already, read from their cookies.
//
// Ids that another analytics tracker gave this browser become aliases of ours, so that what it collected
// and what we collect is one person. Ids of ad platforms are kept as they are, for sending conversions back.
import { attempt, decoded } from "./attempts";
import { adsAllowed } from "./consent";
import { TAG } from "./touches";
import { cookies } from "./visitor";

const DEVICE = /^((ajs|rl)_anonymous_id|_(sp|pk)_id|ph_.+_posthog|mp_.+_mixpanel|amp_|AMP_)/;
const ADS =
  /^(_ga|_fb[cp]$|_gcl|_uetv|_ttp$|_epik|_pin_u|_rdt|_shopify_y|__hstc|__oppref|__kla|FPGCL|hubspotutk|ajs_user_id)/;

/** Returns the id in a cookie: plain, quoted, the first of several parts, or within (packed) JSON. */
const idIn = (name: string, value: string): unknown => {
  const plain = decoded(value);
  const json =
    plain[0] === "R"
      ? attempt(() => atob(plain.slice(10)))
      : name[0] === "A"
        ? attempt(() => decoded(atob(plain)))
        : plain;
  const found = attempt(() => JSON.parse(json as string));
  return (
    found?.distinct_id || found?.deviceId || found || (/^(_|amp)/.test(name) ? plain.split(".")[0] : plain)
  );
};

/** Returns the ids by the names of their cookies, and which of them name this browser. */
export const strangers = (): { ids: Record<string, string>; devices: string[] } => {
  const ids: Record<string, string> = {};
  const devices: string[] = [];
  const all = cookies();
  for (const name in all) {
    const value = all[name] as string;
    if (DEVICE.test(name)) {
      const id = idIn(name, value);
      if (typeof id === "string") {
        ids[name] = id;
        devices.push(id);
      }
    } else if ((ADS.test(name) || TAG.test(`${name}=`)) && adsAllowed()) ids[name] = decoded(value);
  }
  return { ids, devices };
};
