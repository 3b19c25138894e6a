"""Rehearsal: a test conversion, from the click on an own ad to the credit, hop by hop.

Reads  an address of the own site (or none), the running server, its tables
Makes  events that say `context.test`, and a finding for each hop: passed, or failed with the way out

The browser is played: a landing with UTM tags and a click id, then an order, each sent to the collector as
the own tracker sends it. All ids begin with `test-`, so that whoever looks later knows what they are.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import httpx2

from headwater.contract.errors import HeadwaterError
from headwater.contract.steps import literal
from headwater.findings import Finding
from headwater.hygiene.fetching import fetch
from headwater.hygiene.following import followed

if TYPE_CHECKING:
    from headwater.contract.settings import Goal, Settings
    from headwater.doors import Door

SITE = "https://test.headwater.invalid/landing"
"""Stands where no address is given; it is not visited."""
TAGS = {
    "utm_source": "google",
    "utm_medium": "cpc",
    "utm_campaign": "headwater test",
    "utm_term": "Ünïcode & more",
}
CHANNEL = "paid_search"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
VALUE = "1.00"
AS_TEST = "flagged: test"
"""Why `explain` leaves out a touch of test traffic."""
PATIENCE = 60.0
"""Seconds until what was sent must be in the tables."""
EVERY = 0.5
FOLLOWING = 20.0
"""Seconds that the ad link may take."""


@dataclass(frozen=True, slots=True)
class Trial:
    """The ids of one rehearsal."""

    mark: str
    landing: str
    goal: Goal | None
    currency: str

    @property
    def device(self) -> str:
        """The visitor's device."""
        return f"test-{self.mark}"

    @property
    def click_id(self) -> str:
        """A click id with everything that careless handling changes: case, signs, length."""
        return f"TeSt-hW_{self.mark}.EAIaIQobChMI~x-AbC"

    @property
    def order(self) -> str:
        """The order's id, and so the conversion's."""
        return f"test-order-{self.mark}"

    @property
    def page_id(self) -> str:
        """The message id of the landing."""
        return f"test-landing-{self.mark}"

    @property
    def link(self) -> str:
        """Where the ad sends its visitor."""
        parts = urlsplit(self.landing)
        added = urlencode(TAGS) + f"&gclid={self.click_id}"
        return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))


def trial(settings: Settings, *, url: str | None = None, mark: str | None = None) -> Trial:
    """Return a rehearsal of the first macro goal that events can fulfil."""
    goal = next((goal for goal in settings.goals if goal.is_macro and goal.events), None)
    return Trial(mark or secrets.token_hex(6), url or SITE, goal, settings.currency)


def rehearsed(
    door: Door, asked: Trial, *, server: str, key: str | None, patience: float = PATIENCE
) -> list[Finding]:
    """Play one visit and one order against the collector at `server`; return what became of each hop.

    The hops after one that failed are still looked at where they can be.
    """
    found = [_link(asked)]
    if asked.goal is None:
        hint = "give a goal with is_macro and events in the settings."
        return [*found, Finding(check="goal", is_well=False, found="no macro goal has an event", hint=hint)]
    landed = urlunsplit(urlsplit(asked.link)._replace(fragment=""))
    page = {"type": "page", "messageId": asked.page_id, "properties": {"url": landed}}
    sale = {
        "type": "track",
        "messageId": f"test-sale-{asked.mark}",
        "event": asked.goal.events[0],
        "properties": {"order_id": asked.order, "revenue": VALUE, "currency": asked.currency},
    }
    for name, message in (("landing is taken", page), ("order is taken", sale)):
        found.append(_sent(name, message | _browser(asked, landed), server=server, key=key))
        if not found[-1].is_well:
            return found
    found.append(_loaded(door, asked, patience))
    if found[-1].is_well:
        found += [hop(door, asked) for hop in (_click, _session, _conversion, _credit, _deliverable, _apart)]
    return found


# -- the way in ------------------------------------------------------------------------------------


def _link(asked: Trial) -> Finding:
    if asked.landing == SITE:
        hint = "--url https://your.site/landing follows a link of your own over its redirects."
        return Finding(check="ad link", is_well=True, found="no site was visited", hint=hint)
    until = time.monotonic() + FOLLOWING
    way = followed(asked.link, lambda at: fetch(at, until=until, allow_private=True), watched=("gclid",))
    found = f"{len(way.hops) - 1} redirects to {_short(way.hops[-1].url)}"
    if way.is_well:
        return Finding(
            check="ad link", is_well=True, found=f"{found}, every tag kept", hint="; ".join(way.hints)
        )
    hint = "let each redirect hand on the whole query; `headwater utm check` shows them one by one."
    return Finding(check="ad link", is_well=False, found=f"{found}: {'; '.join(way.problems)}", hint=hint)


def _browser(asked: Trial, landed: str) -> dict[str, Any]:
    context = {
        "test": True,
        "library": {"name": "headwater doctor"},
        "userAgent": AGENT,
        "page": {"url": landed},
        "consent": {"analytics": "granted", "ads": "granted"},
    }
    return {"anonymousId": asked.device, "context": context}


def _sent(name: str, message: dict[str, Any], *, server: str, key: str | None) -> Finding:
    try:
        answer = httpx2.post(
            f"{server}/v1/{message['type']}",
            json=message | {"writeKey": key},
            headers={"user-agent": AGENT},
            timeout=10,
            trust_env=False,
        )
    except httpx2.HTTPError as error:
        hint = "run `headwater serve`, or name the folder of the server that runs."
        return Finding(check=name, is_well=False, found=f"no answer from {server} ({error})", hint=hint)
    if answer.status_code == httpx2.codes.OK:
        return Finding(check=name, is_well=True, found=f"{server} answered 200")
    hints = {401: "`headwater key add` makes a key.", 503: "the disk is full or cannot be written."}
    hint = hints.get(answer.status_code, "`headwater events --refused` says why.")
    found = f"{server} answered {answer.status_code}: {answer.text[:200]}"
    return Finding(check=name, is_well=False, found=found, hint=hint)


def _loaded(door: Door, asked: Trial, patience: float) -> Finding:
    """Wait until the order is built on: the conversion stands, or the time is over."""
    end = time.monotonic() + patience
    ids = f"({literal(asked.page_id)}, {literal(f'test-sale-{asked.mark}')})"
    while True:
        there = {
            row["event_id"] for row in _rows(door, f"select event_id from events where event_id in {ids}")
        }
        placed = _rows(door, f"select event_id from person_events where event_id in {ids}")
        if len(there) == len(placed) == 2:
            return Finding(check="collected", is_well=True, found="landing and order are in the tables")
        if time.monotonic() > end:
            break
        time.sleep(EVERY)
    missing = [name for name in ("landing", "sale") if f"test-{name}-{asked.mark}" not in there]
    found = f"after {patience:g} seconds missing: {', '.join(missing) or 'the build'}"
    hint = "`headwater events --refused` says what was refused; the server's log, why a build fails."
    return Finding(check="collected", is_well=False, found=found, hint=hint)


# -- what became of it -----------------------------------------------------------------------------


def _click(door: Door, asked: Trial) -> Finding:
    kept = _rows(door, f"select name, click_id from click_ids where event_id = {literal(asked.page_id)}")
    values = {row["name"]: row["click_id"] for row in kept}
    if values.get("gclid") == asked.click_id:
        return Finding(check="click id", is_well=True, found=f"gclid {asked.click_id}, byte for byte")
    found = f"sent {asked.click_id}, kept {values.get('gclid')}"
    hint = "something before the collector changes addresses (a proxy, a consent rule, removed_parameters)."
    return Finding(check="click id", is_well=False, found=found, hint=hint)


def _session(door: Door, asked: Trial) -> Finding:
    query = (
        f"select channel, source, campaign from touchpoints where touchpoint_id = {literal(asked.page_id)}"
    )
    rows = _rows(door, query)
    if not rows:
        hint = "the landing opened no session: is it marked as a bot, or as somebody else's visit?"
        return Finding(check="channel", is_well=False, found="no touchpoint", hint=hint)
    said = f"{rows[0]['channel']}, {rows[0]['source']}, {rows[0]['campaign']}"
    is_well = rows[0]["channel"] == CHANNEL and rows[0]["source"] == "google"
    hint = (
        ""
        if is_well
        else f"expected {CHANNEL}, google: look at channel_rules and source_aliases in the settings."
    )
    return Finding(check="channel", is_well=is_well, found=said, hint=hint)


def _conversion(door: Door, asked: Trial) -> Finding:
    rows = _rows(
        door,
        "select c.goal, c.value, c.currency, c.person_id = p.person_id as is_same from conversions as c "
        f"left join person_events as p on p.event_id = {literal(asked.page_id)} "
        f"where c.conversion_id = {literal(asked.order)}",
    )
    if not rows:
        hint = "the event's name is in no goal: look at goals in the settings."
        return Finding(check="conversion", is_well=False, found="the order is no conversion", hint=hint)
    found = f"{rows[0]['goal']}, {rows[0]['value']} {rows[0]['currency']}"
    hint = (
        ""
        if rows[0]["is_same"]
        else "landing and order have other ids: the visitor's id gets lost in between."
    )
    return Finding(check="conversion", is_well=bool(rows[0]["is_same"]), found=found, hint=hint)


def _credit(door: Door, asked: Trial) -> Finding:
    try:
        said = door.explain(asked.order)
    except HeadwaterError as error:
        return Finding(check="credit", is_well=False, found=error.problem, hint=error.hint)
    touch = next((one for one in said["touches"] if one["touchpoint_id"] == asked.page_id), None)
    if touch is not None and touch["left_out"] == AS_TEST:
        # as test traffic it earns nothing; but for the flag it would, being the only touch in time
        others = [one for one in said["touches"] if one is not touch]
        is_before = touch["occurred_at"] <= said["conversion"]["occurred_at"]
        found = "the landing is the only touch before the order; as test traffic it earns nothing"
        if is_before and not others:
            return Finding(check="credit", is_well=True, found=found)
    if touch is None or not touch["credit"]:
        reason = "the landing is not among the touches" if touch is None else f"left out: {touch['left_out']}"
        hint = f"`headwater explain {asked.order}` shows every touch."
        return Finding(check="credit", is_well=False, found=reason, hint=hint)
    whole = [model for model, share in touch["credit"].items() if abs(share - 1) < 1e-9]
    is_well = len(whole) == len(touch["credit"])
    found = f"all of it from {len(whole)} of {len(touch['credit'])} models"
    hint = "" if is_well else f"another touch shares it: `headwater explain {asked.order}`."
    return Finding(check="credit", is_well=is_well, found=found, hint=hint)


def _apart(door: Door, asked: Trial) -> Finding:
    """Say whether the test stays out of reports."""
    rows = _rows(door, f"select flag from conversions where conversion_id = {literal(asked.order)}")
    flag = rows[0]["flag"] if rows else None
    if flag == "test":
        return Finding(check="kept apart", is_well=True, found="flagged test: it counts in no report")
    hint = "a rule with the flag good, or another flag, comes before the built-in one: look at flag_rules."
    return Finding(check="kept apart", is_well=False, found=f"its flag is {flag}", hint=hint)


def _deliverable(door: Door, asked: Trial) -> Finding:
    """Say whether an ad platform could be told: click id, time, value and currency belong together."""
    rows = _rows(
        door,
        "select k.platform, c.value, c.currency, date_diff('day', k.captured_at, c.occurred_at) as days "
        "from conversions as c join click_ids as k on k.person_id = c.person_id and k.captured_at <= c.occurred_at "
        f"where c.conversion_id = {literal(asked.order)} and k.event_id = {literal(asked.page_id)}",
    )
    if rows and rows[0]["value"] > 0 and rows[0]["currency"]:
        found = (
            f"{rows[0]['platform']} could be told: click id, time, {rows[0]['value']} {rows[0]['currency']}"
        )
        return Finding(check="deliverable", is_well=True, found=found)
    hint = "a platform needs the click id of the same person, a value above zero and a currency."
    return Finding(check="deliverable", is_well=False, found="something is missing", hint=hint)


def _rows(door: Door, query: str) -> list[dict[str, Any]]:
    """Return the rows of a query; none while the tables are not built."""
    try:
        found: list[dict[str, Any]] = door.sql(query).to_pylist()
    except HeadwaterError:
        return []
    return found


def _short(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}"
