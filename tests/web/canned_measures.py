"""Canned answers of the reports that say how sure their numbers are, and what they cost."""

from __future__ import annotations

from typing import Any

META = {
    "as_of": "2026-11-20T12:30:00Z", "complete_to": "2026-11-20T12:30:00Z", "settings_version": "0" * 12,
    "window": "90d", "currency": "USD", "total_conversions": 216, "total_value": "26243.90",
}  # fmt: skip
SHARED = {
    "paid_search": (38.2, "1219.12"), "email": (31.4, None), "paid_social": (24.0, "1631.53"),
    "affiliate": (12.3, "172.20"), "direct": (0.0, None),
}  # fmt: skip
OF = {"incremental": 1.0, "markov": 1.4, "linear": 1.6}
GUARD = {
    "markov": {"verdict": "trusted", "why": "the main values (3) are known to within 20% on average",
               "half_width": 0.2, "instead": None},
    "incremental": {"verdict": "not_trusted",
                    "why": "the main values (3) are known to within 61% on average; one person goes by several identifiers",
                    "half_width": 0.61, "instead": "linear"},
}  # fmt: skip
RECOMMENDED = {"model": "markov", "why": "the main values (3) are known to within 20% on average"}
NOTE = "markov: beyond 50% is noise. Use linear instead, or ask for a longer period."
AVERAGES = "Returns are averages over all that was spent: the next unit of money may bring less."
ASSOCIATION = "Lift is what goes together after adjustment, not what was caused."


def attribution(query: dict[str, list[str]]) -> dict[str, Any]:
    by = query.get("by", ["channel"])[0]
    rows = [
        {
            by: name, "model": model, "conversions": credit * much, "value": f"{credit * much * 121.5:.2f}",
            "conversions_low": credit * much * 0.5, "conversions_high": credit * much * 1.6,
            "value_low": f"{credit * much * 60:.2f}", "value_high": f"{credit * much * 200:.2f}",
            "spend": spend, "roas": 3.1 if spend else None, "rank": place, "rank_low": 1, "rank_high": place,
        }
        for model, much in OF.items()
        for place, (name, (credit, spend)) in enumerate(SHARED.items(), start=1)
    ]  # fmt: skip
    left = {"conversions": 86.4, "value": "10497.56"}
    none = {"conversions": 0.0, "value": "0.00"}
    return {
        "report": "attribution", "columns": list(rows[0]), "rows": rows,
        "meta": META | {
            "models": list(OF), "guard": GUARD, "recommended": RECOMMENDED,
            "unattributed": {"incremental": left, "markov": none, "linear": none},
            "notes": [NOTE] if by == "campaign" else [],
        },
    }  # fmt: skip


def budget(query: dict[str, list[str]]) -> dict[str, Any]:
    moves = [
        ("paid_social", "paid_search", "121.91", 320.72, 40.88, 600.57, 0.012, "better"),
        ("display", "affiliate", "12.60", 70.83, -25.74, 167.4, 0.075, "undecided"),
    ]
    if "move" in query:
        source, target, _ = query["move"][0].split(":")
        moves = [(source, target, "163.15", -94.5, -210.4, 21.3, 0.943, "undecided")]
    names = ("from", "to", "amount", "gain", "gain_low", "gain_high", "loss_chance", "verdict")
    returns = {"model": "incremental", "return_from": 0.94, "return_to": 3.57}
    rows = [dict(zip(names, move, strict=True)) | returns for move in moves]
    return {
        "report": "budget", "columns": list(rows[0]), "rows": rows,
        "meta": META | {
            "models": ["incremental"], "measure": "value", "guard": {"incremental": GUARD["incremental"]},
            "recommended": RECOMMENDED, "notes": [AVERAGES],
        },
    }  # fmt: skip


def lift(query: dict[str, list[str]]) -> dict[str, Any]:
    by = query.get("by", ["channel"])[0]
    rows = [
        {by: "email", "met": 793, "naive": 10.04, "adjusted": 2.1, "low": 1.58, "high": 2.71},
        {by: "display", "met": 41, "naive": 0.59, "adjusted": None, "low": None, "high": None},
    ]
    return {"report": "lift", "columns": list(rows[0]), "rows": rows, "meta": META | {"notes": [ASSOCIATION]}}


def windows(_query: dict[str, list[str]]) -> dict[str, Any]:
    held = {"7d": (0.855, "paid_search", 0.138), "14d": (0.979, "email", 0.02), "90d": (1.0, None, None)}
    rows = [
        {"window": name, "conversions": 216, "credit_held": part, "most_lost": most, "most_lost_share": lost}
        for name, (part, most, lost) in held.items()
    ]
    best = {"window": "14d", "because": "the shortest window that holds 95%", "caution": None}
    meta = META | {"used": "90d", "recommended": best}
    return {"report": "windows", "columns": list(rows[0]), "rows": rows, "meta": meta}


MEASURED = {"attribution": attribution, "budget": budget, "lift": lift, "windows": windows}
