// Types: the shapes that the API answers with. Money is a decimal string, credit a number, times are
// ISO 8601 in UTC.

export type Cell = string | number | boolean | null | readonly string[];
export type Row = Readonly<Record<string, Cell>>;

export interface Meta {
  readonly as_of?: string | null;
  readonly complete_to?: string | null;
  readonly models?: readonly string[];
  readonly window?: string | null;
  readonly currency?: string;
  /** What is not to be trusted, and what to use instead. */
  readonly notes?: readonly string[];
  readonly guard?: Readonly<Record<string, Verdict>>;
  readonly recommended?: { readonly model: string; readonly why: string };
  /** By model: what is left to nobody. */
  readonly unattributed?: Readonly<Record<string, { readonly conversions: number; readonly value: string }>>;
  /** Of `budget`: what gains are counted in, value or conversions. */
  readonly measure?: string;
  readonly total_conversions?: number;
  readonly total_value?: string;
}

/** What the volume guard says of a model that learns from the data. */
export interface Verdict {
  readonly verdict: "trusted" | "with_care" | "not_trusted";
  readonly why: string;
  readonly half_width: number | null;
  readonly instead: string | null;
}

export interface Report {
  readonly report: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  readonly meta: Meta;
}

/** How the workspace stands; received = stored + duplicate + refused. */
export interface Status {
  readonly version: string;
  readonly received: number;
  readonly stored: number;
  readonly duplicate: number;
  readonly refused: number;
  readonly waiting: number;
  readonly events: number;
  readonly touchpoints?: number;
  readonly conversions: number;
  readonly persons: number;
  readonly complete_to: string | null;
}

/** What anyone may see of an event as it comes in. */
export interface Arrived {
  readonly number: number;
  readonly received_at: string;
  readonly type: string | null;
  readonly event: string | null;
  readonly page: string | null;
  readonly anonymous_id: string | null;
}

export interface RecentConversion {
  readonly conversion_id: string;
  readonly person_id: string;
  readonly occurred_at: string;
  readonly goal: string;
  readonly net_value: string | null;
  readonly refunded: string | null;
  readonly step_count: number;
}

export interface Touch {
  readonly touchpoint_id: string;
  readonly occurred_at: string;
  readonly channel: string;
  readonly source?: string | null;
  readonly medium?: string | null;
  readonly campaign?: string | null;
  readonly landing_page?: string | null;
  readonly referrer?: string | null;
  readonly click_id_name?: string | null;
  readonly event_count?: number | null;
}

export interface ExplainedTouch extends Touch {
  readonly credit: Readonly<Record<string, number>>;
  readonly left_out: string | null;
  /** By model: why it gets what it gets, where that is not plain. */
  readonly notes?: Readonly<Record<string, string>>;
  /** By model that learns from data: what its share rests on, and how it would be without it. */
  readonly behind?: Readonly<Record<string, Facts>>;
  readonly without?: Readonly<Record<string, Facts>>;
}

/** Numbers of a model, with a sentence that says them. */
export interface Facts {
  readonly says?: string;
  readonly why?: string;
  readonly evidence?: string | null;
  readonly [name: string]: unknown;
}

export interface ExplainedConversion {
  readonly conversion_id: string;
  readonly occurred_at: string;
  /** By model: the share that is left to nobody. */
  readonly unattributed?: Readonly<Record<string, number>>;
}

export interface Explained {
  readonly conversion: ExplainedConversion;
  readonly touches: readonly ExplainedTouch[];
}

export interface PersonConversion {
  readonly conversion_id: string;
  readonly occurred_at: string;
  readonly goal: string;
  readonly is_macro?: boolean;
  readonly net_value?: string | null;
  readonly refunded?: string | null;
}

export interface Person {
  readonly person_id: string | number;
  readonly identifiers: readonly (string | Readonly<Record<string, Cell>>)[];
  readonly touchpoints: readonly Touch[];
  readonly conversions: readonly PersonConversion[];
}
