// Pages: page views, also where a page changes its address without loading, and the time spent on them.
//
// history is not touched: the Navigation API tells of every change of address where there is one;
// elsewhere the address is looked at once a second.
import { options } from "./options";

type Track = (event: string, properties: Record<string, unknown>) => unknown;

let since = 0;
let spent = 0;
let depth = 0;

const address = (): string | undefined =>
  options.hash === undefined ? location.href.split("#")[0] : location.href;

export const isSeen = (): boolean => !document.hidden;

const measure = (): void => {
  depth = Math.max(
    depth,
    Math.round((100 * (scrollY + innerHeight)) / document.documentElement.scrollHeight),
  );
};

const count = (): void => {
  const now = performance.now();
  if (since) spent += now - since;
  since = isSeen() ? now : 0;
  measure();
};

/** Watches the address; `changed` is called on each new page, after the old one was left. */
export const watch = (track: Track, changed: (referrer: string) => void): (() => void) => {
  let known = address();
  let href = location.href;

  const engaged = (): void => {
    count();
    // what is seen for less than a second is passed by
    if (spent < 1000) return;
    track("Page Engaged", {
      // without its query the page is not taken for a new landing
      url: href.split(/[?#]/)[0],
      engagement_ms: Math.round(spent),
      scroll_percent: Math.min(depth, 100),
    });
    spent = 0;
  };

  const look = (): void => {
    if (address() === known) return;
    engaged();
    const before = href;
    known = address();
    href = location.href;
    spent = depth = 0;
    changed(before);
  };

  count();
  addEventListener("scroll", measure, { passive: true });
  const { navigation } = window as unknown as { navigation?: EventTarget };
  // frameworks set the title after the address
  navigation?.addEventListener("currententrychange", () => setTimeout(look, 50));
  if (!navigation) setInterval(look, 1000);
  return engaged;
};
