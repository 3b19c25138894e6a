// Attempts: what a browser may refuse (blocked cookies, full storage, broken escapes) must not stop the rest.

/** Returns what `work` returns, or undefined where it fails. */
export const attempt = <T>(work: () => T): T | undefined => {
  try {
    return work();
  } catch {
    return undefined;
  }
};

/** A value as a person reads it; as it stands where its escapes are none. */
export const decoded = (value: string): string => attempt(() => decodeURIComponent(value)) ?? value;
