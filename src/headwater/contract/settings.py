"""Settings: one frozen value with everything an operator may choose; unknown keys are refused."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field, fields
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson

from headwater.contract.errors import UnknownSettingError, UsageError
from headwater.contract.naming import Naming, parsed_naming
from headwater.contract.permitted import check_permitted

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What counts as a conversion: the events that fulfil a goal."""

    name: str
    """What reports call it."""
    events: tuple[str, ...]
    """Event names, compared without regard to case, spaces and underscores."""
    stages: tuple[str, ...] = ()
    """For CRM stage events (type or name `stage`): the values of properties.stage that fulfil it."""
    is_macro: bool = False
    """It brings revenue; else it is a step on the way (micro)."""


DEFAULT_GOALS = (
    Goal(
        name="purchase",
        is_macro=True,
        events=(
            "order completed",
            "completed order",
            "order",
            "order placed",
            "purchase",
            "checkout completed",
            "$purchase",
            "payment succeeded",
            "subscription started",
            "revenue",
            "revenue amount",
        ),
    ),
    Goal(
        name="deal_won",
        is_macro=True,
        events=("deal won", "closed won", "opportunity won"),
        stages=("won", "closed won"),
    ),
    Goal(
        name="lead",
        events=(
            "lead",
            "generate lead",
            "lead submitted",
            "form submitted",
            "form submit",
            "submit form",
            "contact",
        ),
        stages=("lead", "mql"),
    ),
    Goal(
        name="opportunity",
        events=("opportunity created", "deal created", "qualified lead"),
        stages=("sql", "opportunity"),
    ),
    Goal(
        name="signup",
        events=(
            "signed up",
            "sign up",
            "signup",
            "account created",
            "user signed up",
            "start trial",
            "trial started",
        ),
    ),
    Goal(
        name="demo_request",
        events=("demo requested", "request demo", "book demo", "meeting booked", "schedule"),
    ),
    Goal(name="email_signup", events=("newsletter subscribed", "subscribed", "subscribe", "email signup")),
    Goal(
        name="content_download", events=("content downloaded", "download", "file downloaded", "file download")
    ),
    Goal(name="add_to_cart", events=("product added", "add to cart", "added to cart")),
    Goal(name="checkout", events=("checkout started", "begin checkout", "initiate checkout")),
)
"""Names that the clients of Segment, GA4, Meta, PostHog, Amplitude and OpenPanel use by themselves."""

DEFAULT_REFUNDS = (
    "order refunded",
    "refund",
    "order refund",
    "order cancelled",
    "order canceled",
    "charge refunded",
)


ALIASES = ("source_aliases", "medium_aliases", "campaign_aliases")
"""Settings that give several spellings one name."""

MOST_ENGAGEMENT = 100
"""Largest weight of a touchpoint's engagement, so that sums of whole numbers stay in range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything an operator may choose, with the default that suits a small shop."""

    currency: str = "USD"
    """Reporting currency, ISO 4217."""
    time_zone: str = "UTC"
    """Zone of days in reports (IANA name); times are UTC inside."""
    session_idle_minutes: int = 30
    """Silence after which the next event starts a new session."""
    window_days: int = 90
    """How long before a conversion a touchpoint may still earn credit; 0 means every earlier one."""
    half_life_days: float = 7.0
    """Age at which the weight of a touchpoint has halved in time_decay."""
    position_ends: float = 0.4
    """Share of the first and of the last touchpoint in `position`."""
    custom_weights: tuple[float, float, float] = (0.3, 0.4, 0.3)
    """First, middle (shared) and last weight in `custom`."""
    markov_order: int = 1
    """How many touchpoints back the Markov graph remembers, 1 to 3."""
    engagement_strength: float = 1.0
    """How much a visit's length and events count in `engaged`: 0 nothing, 1 up to six times a bounce."""
    engagement_kinds: dict[str, float] = field(default_factory=dict)
    """Weight in `engaged` of touchpoints that are no visits, by kind, in bounces; those not named count 1."""
    own_domains: tuple[str, ...] = ()
    """Sites that are never a referrer; the page's own site is known anyway."""
    excluded_referrers: tuple[str, ...] = ()
    """Hosts, besides the built-in payment and sign-in hosts, that never are a source."""
    source_aliases: dict[str, str] = field(default_factory=dict)
    """Spellings of a source (lower case) and the one name it should have, besides the built-in ones."""
    medium_aliases: dict[str, str] = field(default_factory=dict)
    """Spellings of a medium (case aside) and the one name it should have."""
    campaign_aliases: dict[str, str] = field(default_factory=dict)
    """Spellings of a campaign (case aside) and the one name it should have, in touchpoints and in spend."""
    naming: Naming = field(default_factory=Naming)
    """What tagged links may say: the convention that `headwater utm` builds and checks by."""
    channel_rules: tuple[dict[str, Any], ...] = ()
    """Rules put before the built-in channel rules; see `headwater.journey.channels`."""
    survey_answers: dict[str, str] = field(default_factory=dict)
    """Words of an answer to "how did you hear about us" and the channel they mean, before the built-in ones."""
    channel_roles: dict[str, str] = field(default_factory=dict)
    """Channels that are not what their name says: push (the ad comes to the person), pull (already moving) or none."""
    increment_priors: dict[str, Any] = field(default_factory=dict)
    """Belief about the incremental share of a pull channel's claim, by channel: [mean, low, high], 95 % between."""
    uncredited_kinds: tuple[str, ...] = ("survey",)
    """Kinds of touchpoint that are shown and earn no credit: survey, impression, email_open, ..."""
    goals: tuple[Goal, ...] = DEFAULT_GOALS
    """What counts as a conversion."""
    refund_events: tuple[str, ...] = DEFAULT_REFUNDS
    """Events that give money back on an order."""
    max_links: int = 50
    """An e-mail address or phone number seen with more customer ids than this is shared: no link."""

    flag_rules: tuple[dict[str, Any], ...] = ()
    """Rules that flag events, put before the built-in ones; see `headwater.journey.flags`."""
    internal_users: tuple[str, ...] = ()
    """Customer ids of your own people: everything they do is flagged as internal."""
    internal_email_domains: tuple[str, ...] = ()
    """Domains of e-mail addresses of your own people, noted when an event comes."""
    internal_addresses: tuple[str, ...] = ()
    """Ranges of IP addresses of your own network (203.0.113.0/28), noted when an event comes."""
    burst_per_minute: int = 120
    """A session with more events in a minute than this, on average, is flagged as a burst."""
    scanner_seconds: int = 10
    """A click on a link in a mail this soon after the mail was sent, and nothing more, is a scanner's."""
    consent_regions: dict[str, str] = field(default_factory=dict)
    """What holds where nothing was said, by region (DE, US-CA, EEA, other): opt_in or opt_out."""
    unknown_region: str = "other"
    """The region of a request that no trusted header places; EEA is the strictest."""
    region_header: str = ""
    """Header in which a proxy that you trust names the country, e.g. cf-ipcountry; empty: none."""
    without_consent: str = "anonymous_only"
    """What becomes of an event whose sender may not be recognised: anonymous_only or drop."""
    consent_categories: dict[str, str] = field(default_factory=dict)
    """Names of a consent banner's categories and their purpose: analytics, ads or personalization."""
    tcf_vendor: int = 0
    """Number in IAB's global vendor list that must have consent too; 0 asks for the purposes alone."""
    honour_dnt: bool = False
    """Whether the header DNT: 1 refuses everything that was not allowed."""
    identity: str = "full"
    """Ids: full (as sent), cookieless (an id for a day where none is sent), daily (for everybody), none."""
    ip_addresses: str = "truncate"
    """What is kept of IP addresses: truncate (/24, /48), drop or keep."""
    removed_parameters: tuple[str, ...] = ()
    """Parameters of URLs whose values are removed, besides the built-in ones (email, token, session, ...)."""
    kept_parameters: tuple[str, ...] = ()
    """Parameters of URLs that stay although the built-in list names them."""

    def version(self) -> str:
        """Return a short hash of the settings; equal settings have equal versions."""
        return hashlib.sha256(self.to_json()).hexdigest()[:12]

    def to_json(self) -> bytes:
        """Return the settings as JSON with sorted keys."""
        return orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS)


def parsed(raw: Mapping[str, Any]) -> Settings:
    """Turn plain keys and values (from JSON or TOML) into Settings.

    Raises UnknownSettingError for a key that does not exist and UsageError for a value that cannot be.
    """
    known = {setting.name for setting in fields(Settings)}
    for key in raw:
        if key not in known:
            raise UnknownSettingError.named(key, known=known)
    values = {key: _frozen(key, value) for key, value in raw.items()}
    settings = Settings(**values)
    _checked(settings)
    check_permitted(settings)
    return settings


def _frozen(key: str, value: Any) -> Any:
    if key == "goals":
        return tuple(_goal(goal) for goal in value)
    if key == "naming":
        return parsed_naming(value)
    if key in ALIASES:
        return _aliases(key, value)
    return tuple(value) if isinstance(value, list) else value


def _aliases(key: str, value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(name, str) and name for name in value.values()):
        raise UsageError(f"{key} is {value!r}.", hint='name each spelling once: {"fb": "facebook"}.')
    return dict(value)


def _goal(raw: Any) -> Goal:
    known = {setting.name for setting in fields(Goal)}
    if not isinstance(raw, dict):
        raise UsageError(f"A goal is {raw!r}.", hint="each goal is an object with name, events and is_macro.")
    for key in raw:
        if key not in known:
            raise UnknownSettingError.named(f"goals.{key}", known={f"goals.{name}" for name in known})
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()
    }
    return Goal(**values)


def _checked(settings: Settings) -> None:
    try:
        ZoneInfo(settings.time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UsageError(
            f"There is no time zone {settings.time_zone!r}.", hint="use an IANA name, e.g. Europe/Berlin."
        ) from error
    if not 0 < settings.position_ends <= 0.5:
        raise UsageError(
            f"position_ends cannot be {settings.position_ends}.",
            hint="choose a share above 0 and up to 0.5; the middle gets what is left.",
        )
    if settings.markov_order not in (1, 2, 3):
        raise UsageError(f"markov_order cannot be {settings.markov_order}.", hint="choose 1, 2 or 3.")
    if settings.window_days < 0 or settings.half_life_days <= 0 or settings.session_idle_minutes <= 0:
        raise UsageError(
            "Windows, half-lives and idle times must be positive.", hint="window_days = 0 means all."
        )
    _check_engagement(settings)
    if len(settings.currency) != 3 or not settings.currency.isupper():
        raise UsageError(f"{settings.currency!r} is no currency.", hint="use an ISO 4217 code such as EUR.")
    if (
        len(settings.custom_weights) != 3
        or min(settings.custom_weights) < 0
        or sum(settings.custom_weights) <= 0
    ):
        raise UsageError(
            "custom_weights must be three shares that are not all zero.", hint="e.g. [0.3, 0.4, 0.3]."
        )
    for addresses in settings.internal_addresses:
        try:
            ip_network(addresses.strip(), strict=False)
        except ValueError as error:
            raise UsageError(
                f"internal_addresses cannot hold {addresses!r}.",
                hint="write an address or a range, e.g. 203.0.113.7 or 203.0.113.0/24.",
            ) from error
    for words, channel in settings.survey_answers.items():
        if not words.strip() or not isinstance(channel, str) or not channel.strip():
            raise UsageError(
                f"survey_answers cannot hold {words!r} = {channel!r}.",
                hint='write words and a channel, e.g. {"our_podcast|episode" = "audio"}.',
            )


def _check_engagement(settings: Settings) -> None:
    if not 0 <= settings.engagement_strength <= MOST_ENGAGEMENT:
        raise UsageError(
            f"engagement_strength cannot be {settings.engagement_strength}.",
            hint=f"choose 0 (as linear) to {MOST_ENGAGEMENT}.",
        )
    for kind, weight in settings.engagement_kinds.items():
        if not isinstance(weight, int | float) or not 0 < weight <= MOST_ENGAGEMENT:
            raise UsageError(
                f"engagement_kinds cannot hold {kind!r} = {weight!r}.",
                hint=f'write a kind and a weight above 0 and up to {MOST_ENGAGEMENT}: {{"call": 4}}.',
            )
