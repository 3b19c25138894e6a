// Card: one block of the page, with its heading, and what stands there while there is nothing to show.
import { type ReactNode, useId } from "react";
import { ApiError } from "../api/client";

interface CardProps {
  readonly title: string;
  readonly note?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string;
}

export function Card({ title, note, actions, children, className = "" }: CardProps) {
  const id = useId();
  return (
    <section aria-labelledby={id} className={`card flex min-w-0 flex-col overflow-clip ${className}`}>
      <header className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 pt-3.5 pb-2.5 sm:px-5">
        <div className="min-w-0 flex-1 basis-48">
          <h2 id={id} className="text-[15px] font-semibold tracking-tight">
            {title}
          </h2>
          {note ? <p className="text-[13px] text-quiet">{note}</p> : null}
        </div>
        {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
      </header>
      {children}
    </section>
  );
}

export function Empty({ children }: { readonly children: ReactNode }) {
  return <div className="px-5 pt-2 pb-6 text-quiet">{children}</div>;
}

/** What an empty place shows: still waiting, failed, or nothing there and what to do about it. */
export function Nothing({ query, children }: { readonly query: Asked; readonly children: ReactNode }) {
  if (query.isPending && query.fetchStatus !== "idle") return <Empty>Loading…</Empty>;
  if (query.error) {
    const hint = query.error instanceof ApiError ? query.error.hint : "";
    return (
      <Empty>
        <p className="text-bad">{query.error.message}</p>
        {hint ? <p className="mt-1">{hint}</p> : null}
      </Empty>
    );
  }
  return <Empty>{children}</Empty>;
}

export interface Asked {
  readonly isPending: boolean;
  readonly fetchStatus: string;
  readonly error: Error | null;
}

export function Command({ children }: { readonly children: string }) {
  return (
    <code className="rounded-md bg-sunken px-1.5 py-0.5 font-mono text-[12.5px] text-ink">{children}</code>
  );
}
