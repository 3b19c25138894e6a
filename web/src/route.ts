// Route: the address after the hash says which page is shown and with which choices, so that any view
// can be shared as a link: #/models?by=campaign&metric=value
import { useSyncExternalStore } from "react";

export interface Route {
  /** Parts of the path, decoded: #/people/user:ada gives ["people", "user:ada"]. */
  readonly path: readonly string[];
  readonly choices: URLSearchParams;
}

export function parsed(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  return { path: path.split("/").filter(Boolean).map(decoded), choices: new URLSearchParams(query) };
}

export function link(path: readonly string[], choices?: Readonly<Record<string, string>>): string {
  const query = choices ? new URLSearchParams(choices).toString() : "";
  return `#/${path.map(encodeURIComponent).join("/")}${query ? `?${query}` : ""}`;
}

/** Change one choice of the page that is shown; an empty value takes it out. */
export function choose(name: string, value: string): void {
  const { path, choices } = parsed(window.location.hash);
  if (value) choices.set(name, value);
  else choices.delete(name);
  const next = link(path, Object.fromEntries(choices));
  window.history.replaceState(null, "", next);
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}

export function useRoute(): Route {
  return parsed(useSyncExternalStore(subscribe, () => window.location.hash));
}

function subscribe(changed: () => void): () => void {
  window.addEventListener("hashchange", changed);
  return () => window.removeEventListener("hashchange", changed);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
