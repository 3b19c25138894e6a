// Queue: every event until the server has said that it is on its disk.
//
// Each waiting event has an entry of its own in localStorage, so that tabs never overwrite each other, and
// keeps its messageId for ever, so that sending twice counts once. Only an answer takes an event out; what
// a beacon took along on leaving is sent again by the next page.
import { endpoint, options } from "./options";
import { keep, store } from "./visitor";

const PREFIX = "_hw:";
const HOLD = "_hw!";
const MOST_STORED = 1500;
const BATCH_CHARS = 50000;
const PAUSE = 100;

export interface Message {
  messageId: string;
  [field: string]: unknown;
}

/** Events by id; null for those whose text is in localStorage. */
const waiting = new Map<string, string | null>();
let flying: string[] = [];
let failures = 0;
let batchSize = 50;
let timer: ReturnType<typeof setTimeout> | undefined;

const textOf = (id: string): string | null | undefined => waiting.get(id) ?? store?.getItem(PREFIX + id);

const keys = (): string[] => Object.keys(store || {}).filter((key) => key.startsWith(PREFIX));

const soon = (milliseconds: number): void => {
  clearTimeout(timer);
  timer = setTimeout(flush, milliseconds);
};

/** Takes an event; `mayStore` says whether it may be kept on the device. */
export const put = (message: Message, mayStore: boolean): void => {
  const text = JSON.stringify(message);
  const isStored = mayStore && waiting.size < MOST_STORED && keep(PREFIX + message.messageId, text);
  waiting.set(message.messageId, isStored ? null : text);
  if (!failures) soon(PAUSE);
};

/** Takes over what earlier pages could not send. */
export const restore = (): void => {
  for (const key of keys().sort()) waiting.set(key.slice(PREFIX.length), null);
  soon(PAUSE);
};

/** Leaves nothing on the device; what waited there is still sent. */
export const clear = (): void => {
  for (const key of keys()) {
    const id = key.slice(PREFIX.length);
    waiting.set(id, textOf(id) as string);
    store?.removeItem(key);
  }
};

const batch = (): string[] => {
  const ids: string[] = [];
  let size = 0;
  for (const id of waiting.keys()) {
    if (flying.includes(id)) continue;
    const text = textOf(id);
    // another tab has sent it, or the visitor has cleared the store
    if (!text) waiting.delete(id);
    else {
      size += text.length;
      if (ids.length && (size > BATCH_CHARS || ids.length === batchSize)) break;
      ids.push(id);
    }
  }
  return ids;
};

const body = (ids: string[]): string =>
  `{"batch":[${ids.map(textOf)}],"sentAt":"${new Date().toISOString()}","writeKey":"${options.key}","v":1}`;

/** Milliseconds until the server wants to hear of us again. */
const hold = (): number => +(store?.getItem(HOLD) as string) - Date.now();

/** Sends what waits, one batch after the other. */
export const flush = async (): Promise<void> => {
  clearTimeout(timer);
  const ids = batch();
  if (flying.length || !ids.length) return;
  if (hold() > 0) return soon(hold());
  flying = ids;
  // a string goes as text/plain: no preflight. keepalive lets the request outlive the page
  const answer = await fetch(endpoint, {
    method: "POST",
    body: body(ids),
    credentials: "include",
    keepalive: !failures,
  }).catch(() => {});
  flying = [];
  const isUnreadable = /400|413/.test(`${answer?.status}`);
  if (answer?.ok || isUnreadable) {
    // of a batch that cannot be read, each event is tried alone
    if (isUnreadable && ids.length > 1) batchSize = 1;
    else
      for (const id of ids) {
        waiting.delete(id);
        store?.removeItem(PREFIX + id);
      }
    failures = 0;
    return soon(0);
  }
  const after = +(answer?.headers.get("retry-after") as string) * 1000 || 0;
  keep(HOLD, `${Date.now() + after}`);
  // five minutes at the most
  soon(Math.max(after, Math.min(3e5, 1000 * 2 ** failures++) * (1 + Math.random() / 4)));
};

/** Sends at once: the network is back, or the page. */
export const again = (): void => {
  failures = 0;
  flying = [];
  flush();
};

/** Hands what waits to the browser, since the page goes away; what is stored waits for an answer all the same. */
export const leave = (): void => {
  // until the page comes back, all that it handed over is on its way
  for (
    let ids = batch();
    ids.length && !(hold() > 0) && navigator.sendBeacon(endpoint, body(ids));
    ids = batch()
  )
    flying = flying.concat(ids);
};
