"""Kinds: what can be imported, with the columns that each kind takes.

The names here are the ones that users type (`--as KIND`, `--map theirs=ours`); `column` is the name
in the archive where it differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from headwater.contract.errors import UnknownNameError
from headwater.contract.tables import ARCHIVE_KINDS

if TYPE_CHECKING:
    from headwater.contract.tables import Table

FieldType = Literal[
    "id", "text", "name", "time", "date", "money", "count", "number", "currency", "json", "email", "phone",
    "person", "path",
]  # fmt: skip
Settling = Literal["facts", "versions", "paths", "days"]


class UnknownKindError(UnknownNameError):
    """Nothing of this kind can be imported."""

    kind = "kind of import"


class UnknownColumnError(UnknownNameError):
    """The kind has no column of this name."""

    kind = "column"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column that users may give."""

    name: str
    type: FieldType
    column: str
    needed: bool = False
    negative: bool = False
    """A number below zero is meant, not wrong."""
    default: str | None = None
    """SQL of the value that stands in where none is given."""
    known_as: tuple[str, ...] = ()
    """Names that other systems give it; only to guess what `--map` should say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of file: its table, its columns and how its rows meet what is there already."""

    name: str
    table: Table
    fields: tuple[Field, ...]
    settling: Settling
    rest: str | None = None
    """Column that takes what is not ours, as a JSON object; None where there is no place for it."""
    period: tuple[str, str] | None = None
    """Two fields of which the first must not lie after the second."""

    def field(self, name: str) -> Field:
        """Return the field of this name, or say which one was likely meant."""
        for field in self.fields:
            if field.name == name:
                return field
        raise UnknownColumnError.named(name, known=[field.name for field in self.fields])


_TIMES = ("time", "timestamp", "ts", "date", "datetime", "created_at", "event_time", "at", "day")
_PERSONS = (
    "customer_id",
    "user_id",
    "customer",
    "user",
    "contact",
    "email",
    "client_id",
    "visitor_id",
    "cookie",
)
_VALUES = ("revenue", "amount", "total", "price", "conversion_value", "total_conversion_value", "order_value")
_COSTS = ("spend", "amount_spent", "cost_micros", "amount")


def _fields(text: str, **more: Field) -> tuple[Field, ...]:
    """Build fields from lines of `name type [flags]`; `more` replaces those of its names."""
    found = []
    for line in text.strip().splitlines():
        name, kind, *flags = line.split()
        plain = Field(name=name, type=kind, column=name, needed="needed" in flags)  # type: ignore[arg-type]
        found.append(more.get(name, plain))
    return tuple(found)


_PERSON = Field(name="person", type="person", column="person", needed=True, known_as=_PERSONS)
_OCCURRED = Field(name="occurred_at", type="time", column="occurred_at", needed=True, known_as=_TIMES)

EVENTS = Kind(
    name="events",
    table=ARCHIVE_KINDS["events"],
    settling="facts",
    rest="properties",
    fields=_fields(
        """
        event_id id
        type name
        event text
        anonymous_id id
        user_id id
        previous_id id
        email email
        phone phone
        occurred_at time needed
        url text
        referrer text
        properties json
        context json
        user_agent text
        """,
        occurred_at=_OCCURRED,
    ),
)

TOUCHPOINTS = Kind(
    name="touchpoints",
    table=ARCHIVE_KINDS["touchpoints"],
    settling="facts",
    fields=_fields(
        """
        touchpoint_id id
        person person needed
        occurred_at time needed
        kind name
        channel name
        source text
        medium text
        campaign text
        content text
        term text
        ad_id id
        click_id text
        cost money
        """,
        person=_PERSON,
        occurred_at=_OCCURRED,
    ),
)

CONVERSIONS = Kind(
    name="conversions",
    table=ARCHIVE_KINDS["conversions"],
    settling="versions",
    fields=_fields(
        """
        conversion_id id
        person person needed
        occurred_at time needed
        goal name
        value money
        currency currency
        """,
        person=_PERSON,
        occurred_at=_OCCURRED,
        goal=Field(name="goal", type="name", column="goal", default="'conversion'"),
        value=Field(name="value", type="money", column="value", default="0", known_as=_VALUES),
    ),
)

SPEND = Kind(
    name="spend",
    table=ARCHIVE_KINDS["spend"],
    settling="days",
    fields=_fields(
        """
        platform name needed
        account_id id
        date date needed
        campaign_id id
        campaign text
        adset_id id
        adset text
        ad_id id
        ad text
        cost money needed
        currency currency
        impressions count
        clicks count
        platform_conversions number
        platform_value money
        """,
        account_id=Field(name="account_id", type="id", column="account_id", default="''"),
        date=Field(name="date", type="date", column="spent_on", needed=True, known_as=(*_TIMES, "spent_on")),
        campaign_id=Field(name="campaign_id", type="id", column="campaign_id", default="''"),
        adset_id=Field(name="adset_id", type="id", column="adset_id", default="''"),
        ad_id=Field(name="ad_id", type="id", column="ad_id", default="''"),
        cost=Field(name="cost", type="money", column="spend", needed=True, known_as=_COSTS),
    ),
)

PATHS = Kind(
    name="paths",
    table=ARCHIVE_KINDS["paths"],
    settling="paths",
    fields=(
        Field(name="path", type="path", column="path", needed=True, known_as=("journey", "touches")),
        Field(
            name="conversions", type="count", column="conversions", needed=True,
            known_as=("total_conversions", "conversion", "count"),
        ),
        Field(name="value", type="money", column="value", default="0", known_as=_VALUES),
        Field(name="nulls", type="count", column="nulls", default="0", known_as=("total_null", "null")),
    ),
)  # fmt: skip

PERSONS = Kind(
    name="persons",
    table=ARCHIVE_KINDS["persons"],
    settling="versions",
    rest="attributes",
    period=("observed_from", "observed_until"),
    fields=_fields("person person\nobserved_from time\nobserved_until time", person=_PERSON),
)

EXPERIMENTS = Kind(
    name="experiments",
    table=ARCHIVE_KINDS["experiments"],
    settling="versions",
    period=("since", "until"),
    fields=_fields(
        """
        channel name needed
        goal name
        since date needed
        until date needed
        incremental number needed
        standard_error number
        kind name
        source text
        """,
        incremental=Field(
            name="incremental",
            type="number",
            column="incremental",
            needed=True,
            negative=True,
            known_as=("lift",),
        ),
    ),
)

KINDS = {kind.name: kind for kind in (EVENTS, TOUCHPOINTS, CONVERSIONS, SPEND, PATHS, PERSONS, EXPERIMENTS)}


def kind_named(name: str) -> Kind:
    """Return the kind of this name; raise UnknownKindError with the nearest that exists."""
    if name not in KINDS:
        raise UnknownKindError.named(name, known=KINDS)
    return KINDS[name]
