"""Posted: touches and conversions that came over HTTP, as the rows that an import makes of a file.

Reads  events of the types touch and conversion (`POST /v1/touch`, `POST /v1/conversion`)
Makes  rows of imported_touchpoints and imported_conversions

The event stays as it was received; from here on a posted fact and an imported one are the same. The
person is the first of user id, device, e-mail address and phone number that is no placeholder, else
the ad click. An order is one conversion: its order id comes before the poster's own id of it. What says of
itself that it is a test stays an event and becomes no fact.
"""

from __future__ import annotations

from headwater.contract.tables import (
    EVENTS,
    IMPORTED_CONVERSIONS,
    IMPORTED_TOUCHPOINTS,
    MONEY,
    Table,
)
from headwater.identity.placeholders import placeholder_condition

TOUCH, CONVERSION = "touch", "conversion"
TYPES = (TOUCH, CONVERSION)
"""Values of `events.type` that stand for a fact of another table."""


def _said(key: str) -> str:
    return f"nullif(json_extract_string(properties, '$.\"{key}\"'), '')"


PERSON = f"""case
    when user_id <> '' and not {placeholder_condition("user_id")} then 'user:' || user_id
    when anonymous_id <> '' and not {placeholder_condition("anonymous_id")} then 'anonymous:' || anonymous_id
    when email <> '' then 'email:' || email
    when phone <> '' then 'phone:' || phone
    when {_said("click_id")} is not null then 'click:' || {_said("click_id")}
end"""
_AROUND = {"person": PERSON, "occurred_at": "occurred_at", "known_at": "known_at", "origin": "origin"}
_COLUMNS: dict[Table, dict[str, str]] = {
    IMPORTED_TOUCHPOINTS: {
        "touchpoint_id": f"coalesce({_said('touchpoint_id')}, event_id)",
        # what a person answers is kept word for word where the content of an ad stands
        "content": f"coalesce({_said('content')}, {_said('answer')})",
        "cost": f"try_cast({_said('cost')} as {MONEY})",
    },
    IMPORTED_CONVERSIONS: {
        "conversion_id": f"coalesce({_said('order_id')}, {_said('conversion_id')}, event_id)",
        "goal": f"coalesce({_said('goal')}, 'conversion')",
        "value": f"coalesce(try_cast({_said('value')} as {MONEY}), 0)",
        "currency": f"upper({_said('currency')})",
    },
}
_TYPE = {IMPORTED_TOUCHPOINTS: TOUCH, IMPORTED_CONVERSIONS: CONVERSION}
POSTED = tuple(_COLUMNS)
"""The tables that posted events fill."""


def posted(table: Table, *, place: str) -> str:
    """Return the SELECT of the rows of `table` that the events in the schema `place` stand for."""
    own = _AROUND | _COLUMNS[table]
    columns = ", ".join(
        f'cast({own.get(column.name) or _said(column.name)} as {column.type}) as "{column.name}"'
        for column in table.columns
    )
    is_test = "lower(coalesce(json_extract_string(context, '$.test'), '')) in ('true', '1')"
    return f"select {columns} from {place}.{EVENTS.name} where type = '{_TYPE[table]}' and not {is_test}"
