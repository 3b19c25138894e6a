"""Tables: the name, key and columns of everything that is stored, with types and meaning.

Times are `TIMESTAMP` in UTC without a zone mark; money is `DECIMAL(18,6)` beside its currency.
A table's entry here is its promise: the engine casts every column to the type declared here, and
the reference pages are made from it.
"""

from __future__ import annotations

from dataclasses import dataclass

MONEY = "DECIMAL(18,6)"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its DuckDB type and what it means."""

    name: str
    type: str
    doc: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table: its name, what a row is, its key and its columns."""

    name: str
    doc: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def ddl(self) -> str:
        """Return the CREATE TABLE statement (keys are a promise, not an index)."""
        columns = ", ".join(f'"{column.name}" {column.type}' for column in self.columns)
        return f'create table if not exists "{self.name}" ({columns})'

    def names(self) -> list[str]:
        """Return the column names in order."""
        return [column.name for column in self.columns]


def table(name: str, doc: str, key: str, columns: str) -> Table:
    """Build a table from lines of `name TYPE meaning`; `key` holds names joined by spaces."""
    rows = (line.split(None, 2) for line in columns.strip().splitlines())
    return Table(
        name=name,
        doc=doc,
        key=tuple(key.split()),
        columns=tuple(
            Column(column, MONEY if kind == "MONEY" else kind, said) for column, kind, said in rows
        ),
    )


# -- what was received: loaded from the archive, never changed ------------------------------------

EVENTS = table(
    "events",
    "One thing that happened, as received.",
    "event_id",
    """
    event_id VARCHAR the client's message id, or a hash of the content where it gave none
    type VARCHAR page, screen, track, identify, group, alias, touch or conversion
    event VARCHAR the event's name as sent (track), else the page's name
    anonymous_id VARCHAR the device's id, as sent
    user_id VARCHAR the customer id, as sent
    previous_id VARCHAR alias only: the id that user_id replaces
    email VARCHAR keyed hash of the e-mail address; the address itself is in the encrypted store
    phone VARCHAR keyed hash of the phone number
    occurred_at TIMESTAMP when it happened, UTC, corrected for the client's clock
    claimed_at VARCHAR when it happened by the client's own words, verbatim
    known_at TIMESTAMP when Headwater learned of it, UTC
    url VARCHAR the page, as sent
    referrer VARCHAR the page before it, as sent
    properties VARCHAR what the client said of the event, a JSON object
    context VARCHAR what the client said of itself (campaign, user agent, library), a JSON object
    origin VARCHAR the protocol or the file that brought it
    user_agent VARCHAR the browser or program that sent it, by its own words
    marks VARCHAR what the collector noted when it came: prefetch, staff, internal
    consent VARCHAR what was said of consent: all, analytics_only, ads_only, none, gpc, ...; unknown: nothing
    may_sync BOOLEAN whether it may go to ad platforms, as decided when it came; empty for imports
    """,
)

IMPORTED_TOUCHPOINTS = table(
    "imported_touchpoints",
    "A marketing contact that was imported or posted as such (calls, impressions, exports).",
    "touchpoint_id",
    """
    touchpoint_id VARCHAR the source's id, or a hash of the content
    person VARCHAR identifier of the person, as kind:value (user:, email:, anonymous:)
    occurred_at TIMESTAMP when it happened, UTC
    known_at TIMESTAMP when Headwater learned of it, UTC
    kind VARCHAR visit, click, impression, call, meeting, email_open, ...
    channel VARCHAR the channel, as given; empty means: by the channel rules
    source VARCHAR as given
    medium VARCHAR as given
    campaign VARCHAR as given
    content VARCHAR as given
    term VARCHAR as given
    ad_id VARCHAR as given
    click_id VARCHAR as given, byte for byte
    cost MONEY what the contact cost, in the workspace's currency
    origin VARCHAR the file that brought it
    """,
)

IMPORTED_CONVERSIONS = table(
    "imported_conversions",
    "A conversion that was imported or posted as such; the latest known row of an id counts.",
    "conversion_id known_at",
    """
    conversion_id VARCHAR the source's id, or a hash of the content
    person VARCHAR identifier of the person, as kind:value
    occurred_at TIMESTAMP when it happened, UTC
    known_at TIMESTAMP when Headwater learned of it, UTC
    goal VARCHAR the goal it fulfils
    value MONEY gross value in `currency`
    currency VARCHAR ISO 4217 code; empty means the workspace's currency
    origin VARCHAR the file that brought it
    """,
)

IMPORTED_PATHS = table(
    "imported_paths",
    "One touch of an aggregated path; the totals of the path stand on each of its rows.",
    "path_id step known_at",
    """
    path_id VARCHAR hash of the path
    step BIGINT place of the touch in the path, from 1
    channel VARCHAR the touch's channel, as given
    conversions BIGINT journeys along this path that converted
    value MONEY their total value, in the workspace's currency
    nulls BIGINT journeys along this path that did not convert
    known_at TIMESTAMP when Headwater learned of it, UTC; the latest known rows of a path count
    origin VARCHAR the file that brought it
    """,
)

SPEND = table(
    "spend",
    "What a platform reports as paid, per day and campaign; the latest import of a day counts.",
    "platform account_id spent_on campaign_id adset_id ad_id known_at",
    """
    platform VARCHAR the ad platform
    account_id VARCHAR the ad account
    spent_on DATE the day, in the account's time zone
    campaign_id VARCHAR the platform's id
    campaign VARCHAR its name
    adset_id VARCHAR the platform's id
    adset VARCHAR its name
    ad_id VARCHAR the platform's id
    ad VARCHAR its name
    spend MONEY money paid, in `currency`
    currency VARCHAR ISO 4217 code
    impressions BIGINT times shown
    clicks BIGINT times clicked
    platform_conversions DOUBLE conversions that the platform claims
    platform_value MONEY value that the platform claims
    known_at TIMESTAMP when Headwater learned of it, UTC
    origin VARCHAR the file that brought it
    """,
)

IMPORTED_PERSONS = table(
    "imported_persons",
    "What is known of a person besides events; the latest known row of a person counts.",
    "person known_at",
    """
    person VARCHAR identifier of the person, as kind:value
    observed_from TIMESTAMP since when the person could be observed, UTC
    observed_until TIMESTAMP until when, UTC
    attributes VARCHAR everything else that the file said, a JSON object
    known_at TIMESTAMP when Headwater learned of it, UTC
    origin VARCHAR the file that brought it
    """,
)

EXPERIMENTS = table(
    "experiments",
    "The measured increment of a channel, from a hold-out or geo test.",
    "channel goal since until kind source known_at",
    """
    channel VARCHAR the channel tested
    goal VARCHAR the goal measured
    since DATE first day
    until DATE last day
    incremental DOUBLE conversions that would not have come without it
    standard_error DOUBLE of `incremental`
    kind VARCHAR holdout, geo, switchback, ...
    source VARCHAR who measured it
    known_at TIMESTAMP when Headwater learned of it, UTC
    origin VARCHAR the file that brought it
    """,
)

REFUSED = table(
    "refused",
    "Input that was not stored as a fact, kept with the reason so that it can be replayed.",
    "refused_id",
    """
    refused_id VARCHAR hash of origin, row and content
    kind VARCHAR events, touchpoints, conversions, spend, paths, persons or experiments
    origin VARCHAR the file or protocol that brought it
    row BIGINT row in the file, from 1 (the header is row 0); empty for the collector
    field VARCHAR the column or key that is wrong
    reason VARCHAR one of the closed set of reasons
    detail VARCHAR the problem in words
    raw VARCHAR the row as it came (at most 64 KiB)
    known_at TIMESTAMP when it was refused, UTC
    """,
)

INTAKE = table(
    "intake",
    "Counts per receipt, so that received = stored + duplicate + refused can be checked by anyone.",
    "receipt_id",
    """
    receipt_id VARCHAR one import run, or one published archive file of the collector
    origin VARCHAR the file or protocol
    kind VARCHAR what was brought
    received BIGINT rows or events that came
    stored BIGINT facts that are new
    duplicate BIGINT facts that were here already
    refused BIGINT rows or events kept as refused
    known_at TIMESTAMP when, UTC
    """,
)

# -- flags: what is no good touch, and why --------------------------------------------------------

FLAG_RULES = table(
    "flag_rules",
    "The rules by which events are flagged, in the order in which they are tried.",
    "place",
    """
    place BIGINT the first rule that holds decides
    flag VARCHAR bot, link_scanner, prefetch, internal, test, spam; good: no later rule counts
    reason VARCHAR why
    conditions VARCHAR what must hold, as it was written
    of_person BOOLEAN everything else of the person is flagged too
    """,
)

AGENTS = table(
    "agents",
    "Every user agent that ever came, judged once.",
    "user_agent",
    """
    user_agent VARCHAR as sent
    flag VARCHAR bot or link_scanner; good where a rule says so; empty for a good one
    reason VARCHAR the rule or the pattern of the list
    place BIGINT place of the rule in flag_rules
    """,
)

EVENT_FLAGS = table(
    "event_flags",
    "Events that are no good touch, with the reason; they are kept like all others.",
    "event_id",
    """
    event_id VARCHAR the event
    flag VARCHAR bot, link_scanner, prefetch, internal, test or spam
    reason VARCHAR the rule that held
    identifier VARCHAR kind:value whose person is flagged too; mostly empty
    """,
)

# -- identity --------------------------------------------------------------------------------------

IDENTIFIERS = table(
    "identifiers",
    "Every identifier seen, and whether it may say who somebody is.",
    "identifier",
    """
    identifier VARCHAR kind:value
    kind VARCHAR user, anonymous, email, phone or path
    value VARCHAR the raw key as seen (e-mail and phone: keyed hash)
    may_link BOOLEAN false for placeholders such as null, undefined or 0
    """,
)

LINKS = table(
    "links",
    "Two identifiers that belong to one person, with when and why.",
    "identifier other_identifier",
    """
    identifier VARCHAR kind:value, the smaller of the two
    other_identifier VARCHAR kind:value
    evidence VARCHAR identify or alias
    event_id VARCHAR one event that shows it
    first_at TIMESTAMP first time seen together, UTC
    last_at TIMESTAMP last time seen together, UTC
    link_count BIGINT how often seen together
    """,
)

CLICK_LINKS = table(
    "click_links",
    "A device and a person that one click id shows to belong together.",
    "identifier other_identifier",
    """
    identifier VARCHAR kind:value, the smaller of the two
    other_identifier VARCHAR kind:value
    evidence VARCHAR click_id
    event_id VARCHAR one landing that carried the click id
    first_at TIMESTAMP first landing with it, UTC
    last_at TIMESTAMP last landing with it, UTC
    link_count BIGINT how often the device landed with it
    """,
)

COMPONENTS = table(
    "components",
    "The person behind each identifier that has a link: connected components of the links.",
    "identifier",
    """
    identifier VARCHAR kind:value
    person_id BIGINT the smallest hash among the identifiers of the person
    is_shared BOOLEAN a device that several known persons use; its events go to them by time
    """,
)

PERSONS = table(
    "persons",
    "The person behind each identifier that may link.",
    "identifier",
    """
    identifier VARCHAR kind:value
    person_id BIGINT the person; the smallest hash among its identifiers, so it survives a merge
    is_shared BOOLEAN a device that several known persons use; see device_owners
    flag VARCHAR internal, where a rule flags the whole person
    """,
)

DEVICE_OWNERS = table(
    "device_owners",
    "Who used a device that several known persons share, by time.",
    "identifier from_at",
    """
    identifier VARCHAR anonymous:value of the shared device
    person_id BIGINT whose events they are while nobody else is named
    from_at TIMESTAMP from this time on, UTC (included)
    until_at TIMESTAMP until this time, UTC (not included)
    """,
)

PERSON_EVENTS = table(
    "person_events",
    "Every event with its person, narrow.",
    "event_id",
    """
    person_id BIGINT the person
    occurred_at TIMESTAMP when, UTC
    event_id VARCHAR the event
    is_visit BOOLEAN it is part of a session (it happened on a page or screen)
    has_tags BOOLEAN its url carries UTM parameters or click ids, or the client named a campaign
    referrer_host VARCHAR host of the referrer, unless own, excluded or empty
    url VARCHAR the page
    flag VARCHAR why it is no good touch (see flag_rules); empty for a good one
    """,
)

CONSENTS = table(
    "consents",
    "The latest decision of each person: whether anything may go to ad platforms.",
    "person_id",
    """
    person_id BIGINT the person
    consent VARCHAR what was said: all, analytics_only, ads_only, none, gpc, ...; unknown: nothing ever
    may_sync BOOLEAN whether anything of the person may go to ad platforms
    decided_at TIMESTAMP when Headwater learned of it, UTC
    """,
)

# -- journey ---------------------------------------------------------------------------------------

HOSTS = table(
    "hosts",
    "What is known of each host that appears as a referrer.",
    "host",
    """
    host VARCHAR lower case, without port
    site VARCHAR registrable domain
    source VARCHAR canonical source, e.g. facebook for m.facebook.com
    category VARCHAR search, social, ai, video, shopping, email, or empty
    is_excluded BOOLEAN payment, sign-in or own domain: never a source
    """,
)

SESSIONS = table(
    "sessions",
    "One visit: a person's events with no gap longer than `idle` and one source.",
    "session_id",
    """
    session_id VARCHAR event_id of its first event
    person_id BIGINT the person
    started_at TIMESTAMP first event, UTC
    ended_at TIMESTAMP last event, UTC
    event_count BIGINT events in it
    visit_no BIGINT place among the person's sessions, from 1
    has_tags BOOLEAN the first event carries UTM parameters, click ids or a campaign
    referrer_host VARCHAR where it came from, unless own, excluded or empty
    url VARCHAR landing page, as sent
    flag VARCHAR why it is no good touch (see flag_rules); empty for a good one
    """,
)

LANDINGS = table(
    "landings",
    "The tags of a session's first event, raw: what the url and the client say, never normalised.",
    "session_id",
    """
    session_id VARCHAR the session
    utm_source VARCHAR decoded, else as sent
    utm_medium VARCHAR as utm_source
    utm_campaign VARCHAR as utm_source
    utm_content VARCHAR as utm_source
    utm_term VARCHAR as utm_source
    ad_id VARCHAR the ad's id from the url, where the platform gives it
    click_id_name VARCHAR parameter of the click id that decides (paid before unclear)
    click_id VARCHAR its value, byte for byte
    """,
)

CLICK_ID_NAMES = table(
    "click_id_names",
    "The url parameters in which ad platforms hand over click ids.",
    "name",
    """
    name VARCHAR the parameter: gclid, fbclid, ...
    platform VARCHAR the ad platform that sets it
    paid VARCHAR yes, no or unclear: whether it proves a paid click
    priority BIGINT smaller wins where a url carries several
    source VARCHAR the canonical source it stands for where the url names none
    """,
)

SOURCE_ALIASES = table(
    "source_aliases",
    "Spellings of a source and the one name it has, with its category.",
    "alias",
    """
    alias VARCHAR lower case
    source VARCHAR canonical
    category VARCHAR search, social, ai, video, shopping, email, or empty
    """,
)

TAG_ALIASES = table(
    "tag_aliases",
    "Spellings of mediums and campaigns and the one name each has, by the settings.",
    "tag alias",
    """
    tag VARCHAR medium or campaign
    alias VARCHAR lower case
    name VARCHAR the one name
    """,
)
CLICK_IDS = table(
    "click_ids",
    "Every click id captured at a landing, byte for byte, with the time of capture.",
    "event_id name",
    """
    event_id VARCHAR the event whose url carried it, the first of its session
    person_id BIGINT the person
    name VARCHAR the parameter: gclid, fbclid, ...
    click_id VARCHAR its value, byte for byte
    platform VARCHAR the ad platform that sets it
    captured_at TIMESTAMP when, UTC
    """,
)

GOAL_EVENTS = table(
    "goal_events",
    "The event names seen that fulfil a goal or give money back.",
    "event stage",
    """
    event VARCHAR as sent
    stage VARCHAR the CRM stage it must bear; empty for any
    goal VARCHAR the goal; empty for refunds
    is_macro BOOLEAN the goal brings revenue
    is_refund BOOLEAN it gives money back
    """,
)

TOUCHPOINTS = table(
    "touchpoints",
    "One marketing contact of a person.",
    "touchpoint_id",
    """
    touchpoint_id VARCHAR session_id, or the id that was imported
    person_id BIGINT the person
    occurred_at TIMESTAMP when, UTC
    kind VARCHAR visit, click, impression, call, ...
    channel VARCHAR the class that the channel rules give it
    source VARCHAR canonical
    medium VARCHAR lower case, or the name that an alias gives it
    campaign VARCHAR as sent, or the name that an alias gives it
    content VARCHAR as sent
    term VARCHAR as sent
    ad_id VARCHAR the ad
    click_id_name VARCHAR parameter of the click id
    click_id VARCHAR byte for byte
    landing_page VARCHAR host and path of the first page
    referrer VARCHAR host it came from
    event_count BIGINT events in the session; 1 for others
    visit_no BIGINT place among the person's sessions, from 1; empty for others
    duration_seconds BIGINT length of the session; 0 for others
    engagement BIGINT its weight in `engaged`, in thousandths of a bounce: by length and events of the session, by kind for others
    cost MONEY what it cost, where known
    is_uncredited BOOLEAN shown, but in no journey: the settings name its kind in uncredited_kinds
    flag VARCHAR why it is no good touch (see flag_rules); empty for a good one
    """,
)

CONVERSIONS = table(
    "conversions",
    "An event that the business values, with its value in the workspace's currency.",
    "conversion_id",
    """
    conversion_id VARCHAR order id, event id or imported id
    event_id VARCHAR the event that reported it first; empty for imports
    person_id BIGINT the person
    occurred_at TIMESTAMP when, UTC
    goal VARCHAR the goal it fulfils
    is_macro BOOLEAN it brings revenue (macro), not a step on the way (micro)
    value MONEY gross value, in `currency`
    currency VARCHAR as sent, else the workspace's
    refunded MONEY sum of its refunds, in `currency`, zero or negative
    net_value MONEY value plus refunds, in the workspace's currency at the rate of the day
    conversion_count BIGINT how many conversions the row stands for (imported paths: many)
    null_count BIGINT how many journeys along the same touches did not convert (imported paths)
    flag VARCHAR why it is no good touch (see flag_rules); empty for a good one
    """,
)

REFUNDS = table(
    "refunds",
    "Money given back: a negative fact of its own time, joined to its conversion.",
    "refund_id",
    """
    refund_id VARCHAR the event
    order_id VARCHAR the order it belongs to
    occurred_at TIMESTAMP when, UTC
    value MONEY negative, in `currency`; empty means the whole order
    currency VARCHAR as sent
    """,
)

STAGE_TIMES = table(
    "stage_times",
    "When each person first became a lead and an opportunity.",
    "person_id",
    """
    person_id BIGINT the person
    lead_at TIMESTAMP first conversion of a lead goal, UTC
    opportunity_at TIMESTAMP first conversion of the opportunity goal, UTC
    """,
)

JOURNEYS = table(
    "journeys",
    "The touchpoints before one conversion, as one row (also with no touchpoint at all).",
    "conversion_id",
    """
    conversion_id VARCHAR the conversion
    person_id BIGINT the person
    goal VARCHAR the goal
    is_macro BOOLEAN as in conversions
    occurred_at TIMESTAMP of the conversion, UTC
    net_value MONEY as in conversions
    conversion_count BIGINT as in conversions
    null_count BIGINT as in conversions
    flag VARCHAR why it is no good touch (see flag_rules); empty for a good one
    step_count BIGINT touchpoints in the window
    first_at TIMESTAMP first touchpoint, UTC
    last_at TIMESTAMP last touchpoint, UTC
    last_no BIGINT place of the last touchpoint among all of the person's, from 1; empty where there is none
    """,
)

JOURNEY_STEPS = table(
    "journey_steps",
    "One touchpoint of one journey, with what the rule models need to know of its place.",
    "conversion_id step",
    """
    conversion_id VARCHAR the conversion
    step BIGINT place in the journey, from 1, oldest first
    touchpoint_id VARCHAR the touchpoint
    person_id BIGINT the person
    occurred_at TIMESTAMP of the touchpoint, UTC
    channel VARCHAR of the touchpoint
    step_count BIGINT touchpoints in the journey
    known_step BIGINT last step whose channel is not direct; the last step where all are direct
    lead_step BIGINT last step at or before the person's first lead; 0 where there is none
    opportunity_step BIGINT last step at or before the person's first opportunity; 0 where none
    decay DOUBLE share of the journey's time-decay weight, 0 to 1; sums to 1 but for rounding
    engaged DOUBLE share of the journey's engagement, 0 to 1; sums to 1 but for rounding
    engaged_decay DOUBLE share of engagement times time-decay weight, 0 to 1; sums to 1 but for rounding
    touch_no BIGINT place among all touchpoints of the person, from 1
    """,
)

CHANNEL_CODES = table(
    "channel_codes",
    "The channels of all touchpoints, numbered in the order of their names.",
    "channel",
    """
    channel VARCHAR its name; (none) where a touchpoint has none
    code BIGINT from 1
    """,
)

PERSON_PATHS = table(
    "person_paths",
    "The channels of all touchpoints of a person, oldest first, packed for the models.",
    "person_id piece",
    """
    person_id BIGINT the person
    piece BIGINT which part of the path, from 0
    pack BIGINT channel codes, the oldest in the lowest bits: 7 of 8 bits, 3 of 16 where there are over 255 channels, 1 of 32 over 65,535
    """,
)

TRANSITIONS = table(
    "transitions",
    "How often journeys step from one channel to the next, and how they end; sums over persons.",
    "part goal origin channel",
    """
    part VARCHAR persons: every path of a person, as if nobody converted; macro: the journeys to all macro goals, less the paths of the persons who made them; goal: the same for one goal
    goal VARCHAR the goal; empty in other parts
    origin VARCHAR the channel before; empty at the start of a journey
    channel VARCHAR the channel after; empty where journeys end
    step_count BIGINT how often the step is taken; 0 where journeys end
    conversion_count BIGINT conversions of the journeys that end
    null_count BIGINT journeys that end without one; less than 0 for those counted as persons before
    net_value DECIMAL(38,6) net value of the journeys that end
    """,
)

CREDITS = table(
    "credits",
    "The share of a conversion that one touchpoint gets from one model.",
    "conversion_id touchpoint_id model",
    """
    conversion_id VARCHAR the conversion
    touchpoint_id VARCHAR the touchpoint
    step BIGINT place in the journey
    channel VARCHAR of the touchpoint
    model VARCHAR the model
    weight DOUBLE share of the conversion, 0 to 1; sums to 1 per conversion and model; to less in fitted models, which leave the rest to nobody
    value MONEY share of the net value; sums to it exactly per conversion and model, but for that rest
    """,
)

REMOVAL_EFFECTS = table(
    "removal_effects",
    "What the chance of conversion loses when a channel is taken out of the Markov graph.",
    "goal model channel",
    """
    goal VARCHAR the goal
    model VARCHAR markov
    channel VARCHAR the channel
    effect DOUBLE 1 - P(conversion without it) / P(conversion), 0 to 1
    """,
)

INCREMENTAL_EFFECTS = table(
    "incremental_effects",
    "What a channel and each of its campaigns truly add to a goal, beside what would have come anyway.",
    "goal channel campaign",
    """
    goal VARCHAR the goal
    channel VARCHAR the channel; (none) where touchpoints have none
    campaign VARCHAR the campaign; empty text where touchpoints have none; null in the row of the whole channel
    role VARCHAR push, pull or none
    touches BIGINT touchpoints of all persons
    conversions BIGINT conversions of the goal that were looked at, whatever brought them
    claimed DOUBLE conversions that a model without any allowance for want would credit; only for channels
    incremental DOUBLE conversions that would not have come without it
    standard_error DOUBLE of `incremental`
    low DOUBLE lower end of its 95 % interval
    high DOUBLE upper end
    evidence VARCHAR where it comes from: observed, published and own experiments, each with its weight
    caution VARCHAR what the data of the goal breaks of what the fit assumes; null where nothing that can be checked
    adds_hours DOUBLE what one touch adds to the intensity just after it, as a share, of what fades with a half-life of 0.75 days
    adds_days DOUBLE the same with a half-life of 3 days
    adds_weeks DOUBLE the same with a half-life of 10 days
    """,
)

FX_RATES = table(
    "fx_rates",
    "Reference rates of the European Central Bank, every calendar day (week-ends carry Friday's).",
    "currency rated_on",
    """
    currency VARCHAR ISO 4217 code
    rated_on DATE the day
    per_eur DOUBLE units of the currency for one euro
    """,
)

RAW_TABLES = (
    EVENTS,
    IMPORTED_TOUCHPOINTS,
    IMPORTED_CONVERSIONS,
    IMPORTED_PATHS,
    SPEND,
    IMPORTED_PERSONS,
    EXPERIMENTS,
    REFUSED,
    INTAKE,
)
"""Loaded from the archive; everything else is made from them by the pipeline."""

ARCHIVE_KINDS = {
    "events": EVENTS,
    "touchpoints": IMPORTED_TOUCHPOINTS,
    "conversions": IMPORTED_CONVERSIONS,
    "paths": IMPORTED_PATHS,
    "spend": SPEND,
    "persons": IMPORTED_PERSONS,
    "experiments": EXPERIMENTS,
    "refused": REFUSED,
    "intake": INTAKE,
}
"""Folder under `archive/` and the table that its files fill."""
