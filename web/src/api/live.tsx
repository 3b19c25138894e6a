// Live: one stream of server-sent events per tab, shared by everything that shows live numbers.
import { createContext, type ReactNode, useContext, useEffect, useReducer } from "react";
import type { Arrived, Status } from "./types";

/** Seconds of history that the little chart shows. */
export const SECONDS = 60;
const EVENTS = 40;

export interface Live {
  readonly link: "connecting" | "open" | "lost";
  readonly status: Status | null;
  /** Events stored in each of the last seconds, oldest first. */
  readonly beat: readonly number[];
  /** Newest first. */
  readonly events: readonly Arrived[];
}

type News =
  | { readonly kind: "link"; readonly link: Live["link"] }
  | { readonly kind: "counts"; readonly status: Status }
  | { readonly kind: "event"; readonly event: Arrived };

const START: Live = { link: "connecting", status: null, beat: [], events: [] };
const Context = createContext<Live>(START);

export function LiveProvider({ children }: { readonly children: ReactNode }) {
  const [live, tell] = useReducer(next, START);
  useEffect(() => {
    const stream = new EventSource("/api/v1/live");
    stream.addEventListener("open", () => tell({ kind: "link", link: "open" }));
    stream.addEventListener("error", () => tell({ kind: "link", link: "lost" }));
    stream.addEventListener("counts", (said) => tell({ kind: "counts", status: JSON.parse(said.data) }));
    stream.addEventListener("event", (said) => tell({ kind: "event", event: JSON.parse(said.data) }));
    return () => stream.close();
  }, []);
  return <Context value={live}>{children}</Context>;
}

export function useLive(): Live {
  return useContext(Context);
}

function next(live: Live, news: News): Live {
  if (news.kind === "link") return { ...live, link: news.link };
  if (news.kind === "event") {
    if (live.events.some((event) => event.number === news.event.number)) return live;
    return { ...live, events: [news.event, ...live.events].slice(0, EVENTS) };
  }
  const grown = live.status ? Math.max(0, news.status.stored - live.status.stored) : 0;
  const beat = live.status ? [...live.beat, grown].slice(-SECONDS) : [];
  return { ...live, link: "open", status: news.status, beat };
}
