// Client: asks the API of the server that served this page; failures keep the hint that the server gives.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { Explained, Person, RecentConversion, Report } from "./types";

const ROOT = "/api/v1";
/** How often what is shown is asked for again. */
const EVERY = 5_000;
/** What rests on a fit to all journeys may be a minute old; it says as of when. */
const FITTED_EVERY = 15_000;
const FITTED_MAY_BE = "60";

export class ApiError extends Error {
  readonly hint: string;
  readonly status: number;

  constructor(status: number, detail: string, hint: string) {
    super(detail);
    this.status = status;
    this.hint = hint;
  }
}

export type Options = Readonly<Record<string, string | undefined>>;

export function useReport(name: string, options: Options = {}, isWanted = true) {
  return useQuery({
    queryKey: ["report", name, options],
    queryFn: () => get<Report>(`/reports/${name}`, options),
    enabled: isWanted,
    refetchInterval: EVERY,
    placeholderData: keepPreviousData,
  });
}

/** A report that a fitted model has a part in: it is not fitted again for every new event. */
export function useFittedReport(name: string, options: Options = {}, isWanted = true) {
  return useQuery({
    queryKey: ["report", name, options, FITTED_MAY_BE],
    queryFn: () => get<Report>(`/reports/${name}`, { ...options, max_age: FITTED_MAY_BE }),
    enabled: isWanted,
    refetchInterval: FITTED_EVERY,
    placeholderData: keepPreviousData,
  });
}

/** The workspace's currency: of every value that is net of refunds. */
export function useCurrency(): string {
  return useReport("overview").data?.meta.currency ?? "USD";
}

export function useRecentConversions(options: Options = {}) {
  return useQuery({
    queryKey: ["conversions", options],
    queryFn: () => get<readonly RecentConversion[]>("/conversions", options),
    refetchInterval: EVERY,
    placeholderData: keepPreviousData,
  });
}

/** The latest conversion that can be explained at once: fitted models know it already. */
export function useLatestExplained(touches: string) {
  const options = { limit: "1", touches, max_age: FITTED_MAY_BE };
  return useQuery({
    queryKey: ["conversions", options],
    queryFn: () => get<readonly RecentConversion[]>("/conversions", options),
    refetchInterval: FITTED_EVERY,
    placeholderData: keepPreviousData,
  });
}

export function usePerson(identifier: string | undefined) {
  return useQuery({
    queryKey: ["person", identifier],
    queryFn: () => get<Person>(`/persons/${encodeURIComponent(identifier ?? "")}`),
    enabled: Boolean(identifier),
    refetchInterval: EVERY,
  });
}

export function useExplained(conversion: string | undefined) {
  return useQuery({
    queryKey: ["explain", conversion],
    queryFn: () =>
      get<Explained>(`/explain/${encodeURIComponent(conversion ?? "")}`, { max_age: FITTED_MAY_BE }),
    enabled: Boolean(conversion),
  });
}

export function csvLink(name: string, options: Options): string {
  return `${ROOT}/reports/${name}${query({ ...options, format: "csv" })}`;
}

async function get<Answer>(path: string, options: Options = {}): Promise<Answer> {
  const answer = await fetch(`${ROOT}${path}${query(options)}`, { headers: { accept: "application/json" } });
  if (!answer.ok) throw await failure(answer);
  return (await answer.json()) as Answer;
}

async function failure(answer: Response): Promise<ApiError> {
  const said = (await answer.json().catch(() => ({}))) as { detail?: string; hint?: string };
  return new ApiError(answer.status, said.detail ?? `The server answered ${answer.status}.`, said.hint ?? "");
}

function query(options: Options): string {
  const given = Object.entries(options).filter((pair): pair is [string, string] => Boolean(pair[1]));
  return given.length ? `?${new URLSearchParams(given)}` : "";
}
