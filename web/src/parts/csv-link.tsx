// CSV link: a card's report as a file, and the last line of a card, which ends in it.
import type { ReactNode } from "react";
import { csvLink, type Options } from "../api/client";

interface CsvLinkProps {
  readonly report: string;
  readonly options: Options;
}

export function CsvLink({ report, options }: CsvLinkProps) {
  return (
    <a
      className="text-[12.5px] text-accent underline-offset-2 hover:underline"
      href={csvLink(report, options)}
    >
      Download CSV
    </a>
  );
}

/** What the numbers of a card rest on, beside the report as a file. */
export function Foot({ report, options, children }: CsvLinkProps & { readonly children: ReactNode }) {
  return (
    <p className="flex flex-wrap justify-between gap-x-4 border-t border-line px-4 py-2 text-[12.5px] text-quiet sm:px-5">
      <span>{children}</span>
      <CsvLink report={report} options={options} />
    </p>
  );
}
