// Touches: the UTM parameters and click ids of the address, byte for byte, with the time of their capture.

/** One landing: when, with which parameters, where and from where. */
export interface Touch {
  at: string;
  /** The marketing parameters as they stand in the address, joined by &. */
  tags: string;
  url: string;
  referrer: string;
}

// names with their =: every click of an advertisement in facts/click_ids.csv (tested), and new names of the
// same make; those of e-mail tools name the reader, not the click, and are not copied anywhere
export const TAG =
  /^\??(utm_\w+|(\w+(cl(ic)?k?_?|c|bra)|li_fat_|ef_|ransite|tdu|igsh|srslt|wicked)id|epik|oppref|dicbo|tblci|cjevent|awc|clickref|gad_\w+|gclsrc)=/i;

/** Returns the touch that this page is, or undefined where it is only the next page of a visit. */
export const touchOf = (referrer: string): Touch | undefined => {
  const tags = location.search
    .split("&")
    .filter((pair) => TAG.test(pair))
    .join("&")
    .replace("?", "");
  return tags || (referrer && referrer.split("/")[2] !== location.host)
    ? { at: new Date().toISOString(), tags, url: location.href.split(/[?#]/)[0] as string, referrer }
    : undefined;
};
