// Visitor: the id of this browser and what is kept beside it.
//
// The server's cookie lasts longest (browsers forget what scripts store), so it is believed first; then
// localStorage; where both are blocked the id lives as long as the page. Nothing is kept here before the
// visitor allows it: whoever calls asks for consent first.
import { attempt } from "./attempts";
import type { Touch } from "./touches";

export interface Visitor {
  id: string;
  /** Seconds since 1970 when the id was made: it is forgotten 13 months later, whatever happens between. */
  at: number;
  /** Customer id. */
  user?: string | undefined;
  first?: Touch;
  last?: Touch;
  /** Ids that are joined with this one already. */
  joined?: string[];
}

const NAME = "_hw";
const COUNT = "_hw#";
const LIFE = 395 * 86400;

const seconds = (): number => Math.floor(Date.now() / 1000);

/** An id for anything; ids sort by time, so that events leave in the order in which they happened. */
export const unique = (): string =>
  Date.now().toString(36) + crypto.getRandomValues(new Uint32Array(4)).join("");

/** localStorage; undefined where it is blocked: then it throws as soon as it is named. */
export const store = attempt(() => localStorage);

/** Keeps a value, unless the store is blocked or full. */
export const keep = (key: string, value: string): boolean =>
  !!attempt(() => {
    (store as Storage).setItem(key, value);
    return true;
  });

/** Cookies by name; none in a sandboxed frame. */
export const cookies = (): Record<string, string> =>
  Object.fromEntries(
    Array.from((attempt(() => document.cookie) || "").matchAll(/([^=; ]+)=([^;]*)/g), ([, ...pair]) => pair),
  );

const fresh = <T extends { at: number }>(one: T | null | undefined): T | undefined =>
  one && seconds() - one.at < LIFE ? one : undefined;

// id.made or id.made.now
const parsed = (token = "") => {
  const found = /^([\w-]{8,64})\.(\d+)\.?(\d*)$/.exec(token) as string[] | null;
  return fresh(found && { id: found[1] as string, at: +(found[2] as string), now: +(found[3] as string) });
};

let me: Visitor | undefined;
/** Ids that turned out to be this visitor's too. */
export const others: string[] = [];

export const save = (): boolean => keep(NAME, JSON.stringify(me));

/** Returns the visitor, known or new. */
export const visitor = (): Visitor => {
  if (me) return me;
  const kept = fresh(attempt(() => JSON.parse(store?.getItem(NAME) as string) as Visitor | null));
  const known = parsed(cookies()[NAME]);
  const { id, at } = known || kept || arrived || { id: unique(), at: seconds() };
  me = { ...kept, id, at };
  for (const one of [kept, arrived]) if (one && one.id !== id) others.push(one.id);
  save();
  return me;
};

/** The number of this visitor's next event, over pages and tabs; none where nothing can be kept. */
export const next = (): number | undefined => {
  const number = ~~(store?.getItem(COUNT) as never) + 1;
  return keep(COUNT, number as never) ? number : undefined;
};

/** Forgets the visitor; the cookie may belong to this host or to a domain above it. */
export const forget = (): void => {
  me = arrived = undefined;
  store?.removeItem(NAME);
  store?.removeItem(COUNT);
  attempt(() => {
    for (let domain = `.${location.hostname}`; ; domain = domain.replace(/^\.[^.]*/, "")) {
      // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in some browsers
      document.cookie = `${NAME}=;path=/;max-age=0;domain=${domain}`;
      if (!domain) break;
    }
  });
};

/** An address without the visitor id in it. */
export const clean = (href: string): string =>
  href.replace(/([?&])_hw=[^&#]*(&?)/, (_, before, after) => (after ? before : ""));

// the id that a link on another domain of ours brought within the last two minutes; it is taken out of the
// address at once
const carried = () => {
  const found = /[?&]_hw=([^&#]*)/.exec(location.href);
  if (!found) return undefined;
  history.replaceState(history.state, "", clean(location.href));
  const given = parsed(found[1]);
  return given && Math.abs(seconds() - given.now) <= 120 ? given : undefined;
};

let arrived = carried();

/** Lets a link bring the visitor id along; good for two minutes. */
export const decorate = (link: HTMLAnchorElement): void => {
  const { id, at } = visitor();
  const rest = clean(link.search);
  link.search = `${rest ? `${rest}&` : "?"}${NAME}=${id}.${at}.${seconds()}`;
};
