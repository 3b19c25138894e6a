// Tracker: what a site loads as /hw.js. It measures page views, clicks, forms and the time spent, keeps
// what it has not delivered, and leaves everything that belongs to the page as it is.
import { hear } from "./clicks";
import { choose, listen, said, type Verdict, verdict, zone } from "./consent";
import { fill } from "./fill";
import { fills, isOn, options, stub } from "./options";
import { isSeen, watch } from "./pages";
import { again, clear, flush, leave, type Message, put, restore } from "./queue";
import { strangers } from "./strangers";
import { type Touch, touchOf } from "./touches";
import { forget, next, others, save, unique, visitor } from "./visitor";

type Fields = Record<string, unknown>;

const LOOK = 500;

/** Events that wait for the visitor's choice. */
const held: Message[] = [];
let decided: Verdict = "unknown";
let known = "";
let touched: Touch | undefined;
let { referrer } = document;

const make = (type: string, fields: Fields): Message => ({
  type,
  messageId: unique(),
  timestamp: new Date().toISOString(),
  ...fields,
  context: {
    library: { name: "headwater.js", version: "1.0.0" },
    page: { url: location.href, title: document.title, referrer },
    locale: navigator.language,
    timezone: zone,
    userAgent: navigator.userAgent,
  },
});

const within = (message: Message, more: Fields): Message => ({
  ...message,
  context: { ...(message.context as object), consent: { ...said }, ...more },
});

/** Gives an event the visitor it belongs to. */
const signed = (message: Message): Message => {
  const { id, user, joined, ...known } = visitor();
  return within(
    { ...message, anonymousId: id, userId: message.userId === undefined ? user : message.userId },
    { ids: strangers().ids, visitor: known, n: next() },
  );
};

/** Sends what may be sent of an event without the visitor's consent: that it happened, to nobody. */
const count = (message: Message): void => {
  if (options.denied !== "drop" && /^[tp]/.test(message.type as string))
    put(within(message, { anonymous: true }), false);
};

const offer = (message: Message): void => {
  if (decided === "unknown") held.push(message);
  else if (decided === "granted") put(signed(message), true);
  else count(message);
};

const send = (type: string, fields: Fields): void => offer(make(type, fields));
const track = (event: string, properties?: Fields): void => send("track", { event, properties });
/** What is measured without being asked, unless the page says no. */
const auto = (event: string, properties?: Fields): unknown => isOn(event) && track(event, properties);

const remember = (): void => {
  const me = visitor();
  if (touched) {
    me.first ||= touched;
    // a visit without tags leaves the last click as it is
    if (touched.tags || !me.last?.tags) me.last = touched;
  }
  save();
};

/** Makes one person of this visitor and whoever else this browser has been taken for. */
const join = (): void => {
  const me = visitor();
  me.joined ||= [me.id];
  for (const previousId of [...others, ...strangers().devices])
    if (!me.joined.includes(previousId)) {
      me.joined.push(previousId);
      // without the customer: this says that two ids are one browser, and nothing of who it is
      send("alias", { previousId, userId: null });
    }
  remember();
};

/** Takes over a choice; a change of one's mind is told, so that what waits for delivery can be stopped. */
const change = (what?: Fields): void => {
  const before = decided;
  if (what) choose(what);
  else listen();
  const now = verdict() + JSON.stringify(said);
  if (now === known) return;
  known = now;
  const news = make("track", { event: "Consent Updated" });
  // who withdraws consent says so with the id that it was given for, for the last time
  if (before === "granted") put(signed(news), false);
  decided = verdict();
  if (decided !== before) {
    if (decided === "granted") {
      restore();
      join();
    }
    if (before === "granted") {
      clear();
      forget();
    }
    if (decided !== "unknown") held.splice(0).map(offer);
  }
  if (before === "denied") offer(news);
};

const page = (name?: string, properties?: Fields): void => {
  touched = touchOf(referrer) || touched;
  if (decided === "granted") remember();
  send("page", { name, properties });
};

const identify = (user?: string | Fields, traits?: Fields): void => {
  if (typeof user === "object") send("identify", { traits: user });
  else {
    if (user && decided === "granted") {
      visitor().user = user;
      save();
    }
    send("identify", { userId: user, traits });
  }
};

const api: Record<string, (...words: never[]) => unknown> = {
  track,
  identify,
  page,
  alias: (userId: string, previousId?: string) =>
    send("alias", { userId, previousId: previousId || visitor().id }),
  consent: change,
  reset: forget,
  id: () => (decided === "granted" ? visitor().id : undefined),
  fill: (form?: HTMLFormElement, map?: Record<string, string>) => fill(form, map, !!form),
};

const start = (): void => {
  const calls = stub.q || [];
  // what the page says of consent comes before anything else, wherever it stands
  for (const [name, [what]] of calls) if (name === "consent") choose(what as Fields);
  change();
  const view = (): unknown => isOn("page") && page();
  const engaged = watch(auto, (before) => {
    referrer = before;
    view();
  });
  const gone = (): void => {
    engaged();
    if (decided === "unknown") held.splice(0).map(count);
    leave();
  };
  view();
  hear(auto, identify);
  for (const [name, words] of calls) api[name]?.(...(words as never[]));
  window.headwater = api;
  addEventListener("pagehide", gone);
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    again();
    view();
  });
  addEventListener("online", again);
  addEventListener("visibilitychange", () => {
    engaged();
    if (!isSeen()) flush();
  });
  setInterval(change, LOOK);
  if (fills) {
    fill();
    addEventListener("DOMContentLoaded", () => fill());
  }
};

// a page that is drawn ahead of time may never be seen
const begin = (): void => {
  if ((document as { prerendering?: boolean }).prerendering) setTimeout(begin, LOOK);
  else start();
};

if (!stub.id) begin();
