"""Messages: what the shop's pages and its order server send for one visit, in Segment's words.

Reads  a visit
Makes  its messages, each with the true time and the sender

Orders and refunds come from the order server, which knows the customer id but not always the browser. The
pages come from the browser. The true person is kept beside a message and never inside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from headwater.sandbox.market import GATEWAYS, SITE

if TYPE_CHECKING:
    from datetime import datetime

    from headwater.sandbox.people import Visit

CLICK_ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message, not yet sent."""

    at: datetime
    """True time, UTC."""
    sender: str
    """browser or server."""
    body: dict[str, Any]
    """As Segment's clients write it, without timestamp and sentAt."""
    clock_error: timedelta = timedelta(0)
    """How far the sender's clock is ahead."""


def messages(visit: Visit) -> list[Message]:
    """Return everything that one visit makes the shop send, in time order."""
    return sorted(_Scene(visit).play(), key=lambda message: message.at)


class _Scene:
    """Plays one visit; holds the clock and the page on which the person is."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.rng = Random(f"scene {visit.seed}")  # noqa: S311 (a simulation, not a secret)
        self.at = visit.at
        self.page = {"url": landing(visit, self.rng), "referrer": self.rng.choice(visit.arrival.referrers)}
        self.out: list[Message] = []
        self.is_known = False

    def play(self) -> list[Message]:
        """Return the messages of the visit."""
        deed = self.visit.deed
        self.say("page", name="Home" if urlsplit(self.page["url"]).path == "/" else "Landing")
        for _ in range(self.rng.choices((0, 1, 2, 3), (30, 35, 23, 12))[0]):
            self.go(f"/products/{self.rng.choice(self.visit.basket).sku.lower()}", name="Product")
        if deed == "newsletter":
            self.say("identify", traits={"email": self.visit.person.email})
            self.say("track", event="Newsletter Subscribed")
        if deed == "demo":
            self.log_in()
            self.say("track", event="Demo Requested", properties={"team_size": self.rng.choice((5, 12, 40))})
        if deed in ("cart", "checkout", "order"):
            self.fill_cart()
        if deed in ("checkout", "order"):
            self.go("/checkout", name="Checkout")
            self.say("track", event="Checkout Started", properties={"value": self.total(), "currency": "USD"})
        if deed == "order":
            self.buy()
        return self.out

    def fill_cart(self) -> None:
        """Put the basket into the cart."""
        for product in self.visit.basket:
            self.go(f"/products/{product.sku.lower()}", name="Product")
            details = {"product_id": product.sku, "name": product.name, "price": float(product.price)}
            self.say("track", event="Product Added", properties={**details, "currency": "USD"})

    def buy(self) -> None:
        """Log in, pay at the gateway, come back; the order server reports the order."""
        self.log_in()
        self.wait(20, 90)
        gateway = self.rng.choice(GATEWAYS)
        order_id = f"BP-{self.rng.getrandbits(36):011d}"
        browser = {"anonymousId": self.visit.device.anonymous_id} if self.rng.random() < 0.6 else {}
        self.serve("Order Completed", self.at, {**self.order(order_id, Decimal(1)), **self.items()}, browser)
        self.page = {"url": f"{SITE}/thank-you?order={order_id}", "referrer": gateway}
        self.say("page", name="Thank you")
        if self.visit.refunded:
            later = self.at + timedelta(days=1 + 5 * self.rng.random())
            given_back = self.order(order_id, Decimal(str(self.visit.refunded)))
            self.serve("Order Refunded", later, given_back, {})

    def log_in(self) -> None:
        """Say who the person is: from here on the browser knows the customer id."""
        self.is_known = True
        self.say("identify", traits={"email": self.visit.person.email})

    def go(self, path: str, *, name: str) -> None:
        """Look at another page of the shop."""
        self.wait(6, 45)
        self.page = {"url": f"{SITE}{path}", "referrer": self.page["url"].split("?", 1)[0]}
        self.say("page", name=name)

    def wait(self, least: int, most: int) -> None:
        """Let time pass, in seconds."""
        self.at += timedelta(milliseconds=self.rng.randrange(least * 1000, most * 1000))

    def say(self, kind: str, **fields: Any) -> None:
        """Let the browser send one message."""
        self.at += timedelta(milliseconds=self.rng.randrange(200, 900))
        body: dict[str, Any] = {
            "type": kind,
            "messageId": self.message_id("ajs-next"),
            "anonymousId": self.visit.device.anonymous_id,
            "context": {
                "page": {**self.page, "path": self.page["url"].removeprefix(SITE).split("?", 1)[0]},
                "userAgent": self.visit.device.agent,
                "locale": "en-US",
                "library": {"name": "analytics.js", "version": "next-1.84.3"},
            },
            **fields,
        }
        if kind == "page":
            body["properties"] = dict(self.page)
        if self.is_known:
            body["userId"] = self.visit.person.user_id
        self.out.append(
            Message(at=self.at, sender="browser", body=body, clock_error=self.visit.device.clock_error)
        )

    def serve(self, event: str, at: datetime, properties: dict[str, Any], ids: dict[str, str]) -> None:
        """Let the order server send one message."""
        body = {
            "type": "track",
            "event": event,
            "messageId": self.message_id("server"),
            "userId": self.visit.person.user_id,
            "properties": properties,
            "context": {"library": {"name": "analytics-python", "version": "2.4.0"}},
            **ids,
        }
        self.out.append(Message(at=at, sender="server", body=body))

    def order(self, order_id: str, share: Decimal) -> dict[str, Any]:
        """Return what an order or a refund of `share` of it says."""
        amount = (Decimal(str(self.total())) * share).quantize(CENT, ROUND_HALF_UP)
        return {"order_id": order_id, "revenue": float(amount), "total": float(amount), "currency": "USD"}

    def items(self) -> dict[str, Any]:
        """Return the basket as the order lists it."""
        basket = self.visit.basket
        return {"products": [{"product_id": item.sku, "price": float(item.price)} for item in basket]}

    def total(self) -> float:
        """Return the price of the basket."""
        return float(sum(product.price for product in self.visit.basket))

    def message_id(self, prefix: str) -> str:
        """Return an id that no other message has, the same for the same seed."""
        return f"{prefix}-{self.rng.getrandbits(96):024x}"


def landing(visit: Visit, rng: Random) -> str:
    """Return the address on which the visit lands, with the tags of its way in."""
    way = visit.arrival
    path = rng.choice(("/", "/", "/boots", "/jackets", "/tents", "/journal/packing-light"))
    tags: dict[str, str] = {}
    if way.sources:
        tags["utm_source"] = rng.choice(way.sources)
    if way.medium:
        tags["utm_medium"] = way.medium
    if way.campaigns:
        tags["utm_campaign"] = rng.choice(way.campaigns)
    if way.click_id:
        tags[way.click_id] = "".join(rng.choices(CLICK_ID_ALPHABET, k=40))
    return f"{SITE}{path}?{urlencode(tags)}" if tags else f"{SITE}{path}"
