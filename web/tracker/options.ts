// Options: what the page says to the tracker, in data- attributes of the script tag or in the stub.

export interface Options {
  /** Write key. */
  key?: string;
  /** Where events go; without it, where the script came from. */
  host?: string;
  /** What holds until the visitor has chosen: granted, denied or wait; without it the place decides. */
  consent?: string;
  /** "drop" sends nothing at all of visitors who refused; else they are counted without any id. */
  denied?: string;
  /** Other domains of the same site, by space or comma: links to them carry the visitor id. */
  domains?: string;
  /** Fills hidden fields, payment and booking links by itself. */
  fill?: string;
  /** The part of the address after # makes pages. */
  hash?: string;
  /** "email" identifies the visitor by the e-mail address in a form that is sent. */
  identify?: string;
  /** Names of events that are not wanted by themselves; "page" for page views. */
  off?: string;
}

export interface Stub {
  q?: [string, unknown[]][];
  options?: Options;
  id?: unknown;
}

declare global {
  interface Window {
    headwater?: Stub;
  }
}

const script = document.currentScript as HTMLScriptElement | null;

export const stub: Stub = window.headwater || {};
export const options: Options = { ...stub.options, ...(script?.dataset as Options | undefined) };
/** Whether fields and links are filled without being asked. */
export const fills = options.fill !== undefined;
export const endpoint = new URL("v1/b", options.host || (script?.src as string)).href;
const domains = options.domains?.split(/[\s,]+/) || [];

/** Tells whether a host is, or lies below, one of the listed domains. */
export const isOurs = (host: string): boolean => domains.some((domain) => `.${host}`.endsWith(`.${domain}`));

export const isOn = (event: string): boolean => !options.off?.includes(event);
