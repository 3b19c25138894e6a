"""Orders: the names under which clients send the id of an order.

One order is one conversion, whoever reports it; so all that speak of orders look here.
"""

from __future__ import annotations

ORDER_KEYS = (
    "order_id",
    "orderId",
    "transaction_id",
    "transactionId",
    "checkout_id",
    "deal_id",
    "$order_id",
)


def first_said(keys: tuple[str, ...], column: str = "properties") -> str:
    """Return SQL for the first of `keys` in a column of JSON that says something; else null."""
    found = ", ".join(f"nullif(json_extract_string({column}, '$.\"{key}\"'), '')" for key in keys)
    return f"coalesce({found})"
