// Table: rows of figures under their heads; what names a row stays in sight while the figures scroll.
import type { ReactNode } from "react";
import { words } from "../format";
import { Dot } from "./chip";
import { Scroll } from "./scroll";

/** For cells of a table that has the width of the page: figures on one line, with more room beside them. */
export const ROOMY = "whitespace-nowrap sm:px-3";

interface TableProps {
  readonly label: string;
  /** Says in a sentence what the table holds, to those who do not see it. */
  readonly caption: ReactNode;
  /** The cells of the first line: a first head, and a head for every figure. */
  readonly heads: ReactNode;
  readonly children: ReactNode;
  readonly foot?: ReactNode;
}

export function Table({ label, caption, heads, children, foot }: TableProps) {
  return (
    <Scroll label={label}>
      <table className="w-full border-collapse text-[13px]">
        <caption className="sr-only">{caption}</caption>
        <thead>
          <tr className="border-y border-line bg-sunken text-quiet">{heads}</tr>
        </thead>
        <tbody>{children}</tbody>
        {foot ? <tfoot>{foot}</tfoot> : null}
      </table>
    </Scroll>
  );
}

interface CellProps {
  readonly children: ReactNode;
  readonly className?: string;
}

/** The head over what names the rows. */
export function FirstHead({ children }: { readonly children: ReactNode }) {
  return (
    <th scope="col" className="sticky left-0 bg-sunken py-2 pr-3 pl-4 text-left font-medium sm:pl-5">
      {children}
    </th>
  );
}

/** The head over a column of figures. */
export function Head({ children, className = "" }: CellProps) {
  return (
    <th
      scope="col"
      className={`px-2 py-2 text-right font-medium whitespace-nowrap last:pr-4 sm:last:pr-5 ${className}`}
    >
      {children}
    </th>
  );
}

export function Cell({ children, className = "" }: CellProps) {
  return <td className={`px-2 py-1.5 text-right last:pr-4 sm:last:pr-5 ${className}`}>{children}</td>;
}

interface NameHeadProps {
  readonly name: unknown;
  /** How wide a name may be before it is cut, and the space around it. */
  readonly className: string;
}

/** What names a row: a channel, or a value of another dimension, with its colour. */
export function NameHead({ name, className }: NameHeadProps) {
  const known = String(name || "(none)");
  return (
    <th
      scope="row"
      className={`sticky left-0 truncate bg-card pl-4 text-left font-medium whitespace-nowrap sm:pl-5 ${className}`}
    >
      <span className="mr-2 inline-flex">
        <Dot name={known} />
      </span>
      {words(known)}
    </th>
  );
}
