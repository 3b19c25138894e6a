"""Canned: answers in the API's shapes, for tests of the page alone."""

from __future__ import annotations

from typing import Any

from tests.web.canned_measures import MEASURED, NOTE

CHANNELS = {
    "paid_search": (31.0, 44.0, 38.2), "organic_search": (48.0, 29.0, 40.1),
    "paid_social": (52.0, 18.0, 33.6),
    "direct": (19.0, 58.0, 36.4), "email": (2.0, 33.0, 21.9), "affiliate": (14.0, 11.0, 12.3),
    "ai_assistant": (21.0, 9.0, 13.8), "display": (12.0, 4.0, 7.1), "referral": (9.0, 5.0, 6.6),
    "organic_social": (8.0, 5.0, 6.0),
}  # fmt: skip
MODELS = ("first", "last", "linear", "position", "markov", "shapley", "incremental")
BASELINE = 0.4
"""Share of each channel's conversions that would have come anyway."""
META = {
    "as_of": "2026-11-20T12:30:00Z", "complete_to": "2026-11-20T12:30:00Z", "settings_version": "0" * 12,
    "window": "90d", "currency": "USD", "unattributed": {},
}  # fmt: skip
PATHS = (
    (["paid_social", "organic_search", "direct"], 17, "2410.50", 120), (["paid_search"], 15, "1980.00", 840),
    (["organic_search", "email"], 12, "1498.10", 77), (["ai_assistant", "paid_search"], 9, "1310.00", 31),
    (["paid_social", "paid_social", "email", "direct"], 7, "902.40", 18),
)  # fmt: skip
TOUCHES = (
    ("t1", "2026-11-08T18:04:11Z", "paid_social", "facebook", "autumn-layers", "fbclid"),
    ("t2", "2026-11-11T07:31:40Z", "organic_search", "google", None, None),
    ("t3", "2026-11-14T20:10:02Z", "email", "newsletter", "weekly-letter", None),
    ("t4", "2026-11-15T09:45:27Z", "direct", None, None, None),
)
EVENTS = ("Product Added", "Checkout Started", "Home", "Product", "Order Completed")


def compare(query: dict[str, list[str]]) -> dict[str, Any]:
    by = query.get("by", ["channel"])[0]
    weights = {"first": 0, "last": 1}
    models = tuple(query["model"][0].split(",")) if "model" in query else MODELS
    rows: list[dict[str, Any]] = []
    for name, figures in CHANNELS.items():
        row: dict[str, Any] = {by: name}
        for model in models:
            credit = figures[weights.get(model, 2)] * (1 - BASELINE * (model == "incremental"))
            row |= {model: credit, f"{model}_value": f"{credit * 121.5:.2f}"}
        rows.append(row)
    columns = [by, *(column for model in models for column in (model, f"{model}_value"))]
    notes = [NOTE] if by == "campaign" else []
    return {
        "report": "compare",
        "columns": columns,
        "rows": rows,
        "meta": META | {"models": models, "notes": notes, "unattributed": left_over()},
    }


def left_over() -> dict[str, Any]:
    """What no model but the incremental one leaves to nobody."""
    left = {model: {"conversions": 0.0, "value": "0.00"} for model in MODELS}
    return left | {"incremental": {"conversions": 86.4, "value": "10497.56"}}


def paths(_query: dict[str, list[str]]) -> dict[str, Any]:
    rows = [{"path": a, "conversions": b, "value": c, "nulls": d} for a, b, c, d in PATHS]
    columns = ["path", "conversions", "value", "nulls"]
    return {"report": "paths", "columns": columns, "rows": rows, "meta": META}


def overview(_query: dict[str, list[str]]) -> dict[str, Any]:
    row = {"conversions": 216, "value": "26243.91", "persons": 3958, "touchpoints": 9431}
    return {"report": "overview", "columns": list(row), "rows": [row], "meta": META}


def quality(_query: dict[str, list[str]]) -> dict[str, Any]:
    columns = ["kind", "origin", "received", "stored", "duplicate", "refused", "is_balanced", "last_known_at"]
    cells = [
        ("total", "", 30466, 29801, 520, 145, True, META["complete_to"]),
        ("events", "segment", 30109, 29444, 520, 145, True, META["complete_to"]),
        ("spend", "spend.csv", 357, 357, 0, 0, True, META["complete_to"]),
    ]
    refused = [
        {"reason": "no_identity", "kind": "events", "field": "anonymousId", "refused": 51},
        {"reason": "unknown_type", "kind": "events", "field": "type", "refused": 48},
        {"reason": "no_event_name", "kind": "events", "field": "event", "refused": 46},
    ]
    flags = [
        {"flag": "conversions without a touchpoint", "count": 2, "meaning": "none in the window before them"}
    ]
    rows = [dict(zip(columns, row, strict=True)) for row in cells]
    return {
        "report": "quality", "columns": columns, "rows": rows,
        "meta": META | {"refused": refused, "flags": flags},
    }  # fmt: skip


def touches() -> list[dict[str, Any]]:
    names = ("touchpoint_id", "occurred_at", "channel", "source", "campaign", "click_id_name")
    return [dict(zip(names, touch, strict=True)) | {"landing_page": "shop.example/"} for touch in TOUCHES]


def conversions() -> list[dict[str, Any]]:
    return [
        {
            "conversion_id": f"BP-{900 - number}", "person_id": str(1152921504606846976 + number),
            "occurred_at": f"2026-11-{15 - number:02}T09:58:00Z", "goal": "purchase",
            "net_value": f"{210 - 14 * number}.50", "refunded": "0.00", "step_count": 4 - number % 3,
        }
        for number in range(9)
    ]  # fmt: skip


def person(identifier: str) -> dict[str, Any]:
    last = {"conversion_id": "BP-900", "occurred_at": "2026-11-15T09:58:00Z", "goal": "purchase"}
    cart = {"conversion_id": "m1", "occurred_at": "2026-11-11T07:35:00Z", "goal": "add_to_cart"}
    kinds = ("anonymous:a1", "anonymous:a2", "user:cus_7", "email:1f8a")
    return {
        "person_id": identifier,
        "identifiers": [{"identifier": one, "kind": one.split(":")[0]} for one in kinds],
        "touchpoints": touches(),
        "conversions": [
            cart | {"is_macro": False, "net_value": "0.00", "refunded": "0.00", "currency": "USD"},
            last | {"is_macro": True, "net_value": "210.50", "refunded": "0.00", "currency": "USD"},
        ],
    }


def explained() -> dict[str, Any]:
    shares = {
        "first": (1, 0, 0, 0), "last": (0, 0, 0, 1), "linear": (0.25, 0.25, 0.25, 0.25),
        "position": (0.4, 0.1, 0.1, 0.4), "markov": (0.31, 0.27, 0.22, 0.2),
        "shapley": (0.25, 0.25, 0.25, 0.25), "incremental": (0.12, 0.05, 0.21, 0),
    }  # fmt: skip
    behind = {
        "behind": {
            "markov": {"says": "Without its channel 33.7 % of conversions would be lost."},
            "incremental": {
                "says": "Where 1 was there anyway, it added 0.193.", "evidence": "observed both ways",
            },
        },
        "without": {"incremental": {"says": "Without it the conversion would have been 12.0 % less likely."}},
    }  # fmt: skip
    credited = [
        touch
        | {"credit": {model: share[place] for model, share in shares.items()}, "left_out": None, "notes": {}}
        | behind
        for place, touch in enumerate(touches())
    ]
    credited[-1] |= {"notes": {"incremental": "by definition: there is nothing to switch off"}}
    late = touches()[0] | {"touchpoint_id": "t9", "occurred_at": "2026-11-16T08:00:00Z"}
    late |= {"credit": {}, "left_out": "after_conversion"}
    conversion: dict[str, Any] = {
        "conversion_id": "BP-900",
        "occurred_at": "2026-11-15T09:58:00Z",
        "net_value": "210.50",
    }
    conversion |= {"unattributed": dict.fromkeys(shares, 0.0) | {"incremental": 0.62}}
    return {"conversion": conversion, "touches": [*credited, late]}


def counts(stored: int) -> dict[str, Any]:
    return {
        "version": "0.1.0", "received": stored + 520 + 145, "stored": stored, "duplicate": 520,
        "refused": 145, "waiting": 0, "events": stored, "conversions": 216, "persons": 3958,
        "complete_to": META["complete_to"],
    }  # fmt: skip


NOTHING = dict.fromkeys(("received", "stored", "duplicate", "refused", "waiting", "events"), 0)
REPORTS = {"compare": compare, "paths": paths, "overview": overview, "quality": quality} | MEASURED
